namespace Limber.Servers.Hmp;

/// <summary>What one session's commands are about unless they say otherwise. Thread: the session's.</summary>
internal sealed class HmpFocus
{
    /// <summary>Index of the processor chosen by <c>cpu</c>; null for the first one.</summary>
    public int? CpuIndex { get; set; }
}
