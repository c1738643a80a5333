namespace Limber.Servers.Hmp;

/// <summary>What one session's commands are about unless they say otherwise, and what its client sent for them. Thread: the session's.</summary>
internal sealed class HmpFocus
{
    /// <summary>Index of the processor chosen by <c>cpu</c>; null for the first one.</summary>
    public int? CpuIndex { get; set; }

    /// <summary>Open descriptors that the client sent. A line that QMP passes on has none: they would not outlast it.</summary>
    public MonitorDescriptors Descriptors { get; } = new();
}
