namespace Limber.Control;

/// <summary>How much memory a machine has, in bytes.</summary>
/// <param name="BaseSize">Boot memory without memory devices.</param>
/// <param name="PluggedSize">What memory devices give the guest now.</param>
/// <param name="MaximumSize">Both together at most; the base size without memory hotplug.</param>
/// <param name="Slots">DIMM slots.</param>
public sealed record MemorySummary(ulong BaseSize, ulong PluggedSize, ulong MaximumSize, int Slots)
{
    /// <summary>All memory the guest can use now.</summary>
    public ulong TotalSize => BaseSize + PluggedSize;
}
