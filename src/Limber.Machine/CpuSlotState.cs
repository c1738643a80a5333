using Limber.Control;
using Limber.Cpu;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>
/// One place for a processor and what is in it. Guarded by the machine's control lock.
/// </summary>
/// <remarks>
/// A vCPU that was created once stays for the life of the machine: KVM can't destroy one. When its processor is removed it is
/// parked here without a thread, in its power-on state, and is used again by the next plug.
/// </remarks>
internal sealed class CpuSlotState
{
    public CpuSlotState(int index, uint apicId, CpuLocation location)
    {
        Index = index;
        ApicId = apicId;
        Location = location;
    }

    public int Index { get; }

    public uint ApicId { get; }

    public CpuLocation Location { get; }

    /// <summary>The kernel's vCPU once one was needed.</summary>
    public KvmVcpu? Vcpu { get; set; }

    /// <summary>Runs the vCPU; null when the slot is empty.</summary>
    public VcpuThread? Thread { get; set; }

    public string? Id { get; set; }

    public string Path { get; set; } = "";

    public long PlugOrder { get; set; }

    public bool BootProcessor { get; set; }

    /// <summary>The plug that the guest has not answered yet.</summary>
    public HotplugOperation? Plug { get; set; }

    /// <summary>The removal that the guest has not answered yet.</summary>
    public HotplugOperation? Removal { get; set; }

    /// <summary>The last plug of this processor, if it ended without the guest, which may still act on it.</summary>
    public HotplugOperation? EndedPlug { get; set; }

    /// <summary>The last removal of this processor, if it ended without the guest, which may still act on it.</summary>
    public HotplugOperation? EndedRemoval { get; set; }

    public bool IsOccupied => Thread is not null;

    /// <summary>What events and operations call the processor.</summary>
    public string Target => Id ?? Path;

    public CpuSlot ToSnapshot() => new(Index, ApicId, Location, ToOccupant());

    private CpuOccupant? ToOccupant() =>
        Thread is null ? null : new CpuOccupant(Id, Path, PlugOrder, BootProcessor, Thread.HostThreadId, Removal is not null);
}
