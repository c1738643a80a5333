using System.Collections.Generic;

namespace Limber.Machine;

/// <summary>What a processor hotplug doorbell said.</summary>
internal enum GuestSignalKind
{
    Ejected,
    Status,
}

/// <summary>One ring of the processor hotplug doorbell.</summary>
internal readonly record struct GuestSignal(GuestSignalKind Kind, int CpuIndex, uint SourceEvent, uint Status);

/// <summary>Everything vCPU threads reported since the last time, hotplug in its order.</summary>
internal sealed record GuestSignalBatch(IReadOnlyList<GuestSignal> Hotplug, bool Reset, bool PowerOff, string? Failure);
