using Limber.Control;
using Limber.Cpu;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Interop;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>
/// One place for a processor and what is in it. Guarded by the machine's control lock.
/// </summary>
/// <remarks>
/// A vCPU that was created once stays for the life of the machine, and so does its thread: KVM can't destroy a vCPU. When its
/// processor is removed both rest here, the vCPU in its power-on state, and are used again by the next plug.
/// </remarks>
internal sealed class CpuSlotState : HotplugTarget
{
    private readonly CpuHotplugController controller;
    private VcpuThread? resting;

    public CpuSlotState(int index, uint apicId, CpuLocation location, CpuHotplugController controller)
    {
        this.controller = controller;
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

    public long PlugOrder { get; set; }

    public bool BootProcessor { get; set; }

    public bool IsOccupied => Thread is not null;

    /// <inheritdoc/>
    public override int CpuIndex => Index;

    /// <inheritdoc/>
    public override string Noun => "processor";

    /// <inheritdoc/>
    public override DeviceClass Class => DeviceClass.Processor;

    /// <inheritdoc/>
    public override OperationKind PlugKind => OperationKind.CpuPlug;

    /// <inheritdoc/>
    public override OperationKind UnplugKind => OperationKind.CpuUnplug;

    /// <inheritdoc/>
    public override bool IsRead => controller.IsHandled(Index);

    /// <inheritdoc/>
    public override bool HasReadInsert => controller.HasReadInsert(Index);

    /// <inheritdoc/>
    public override bool HasReadRemoval => controller.HasReadRemoval(Index);

    /// <inheritdoc/>
    public override void EndInsert() => controller.EndInsert(Index);

    /// <inheritdoc/>
    public override void EndRemoval() => controller.EndRemoval(Index);

    /// <inheritdoc/>
    public override void OnAnnounced(EventPublisher publisher) => publisher.Publish(new VmEvent.CpuResizeNotified(Index));

    /// <inheritdoc/>
    public override void OnStatusReported(EventPublisher publisher, uint sourceEvent, uint status) =>
        publisher.Publish(new VmEvent.AcpiDeviceOst(Id, Index, sourceEvent, status));

    /// <summary>
    /// Puts a processor in. On failure the slot is empty; what the kernel has made of the vCPU is kept for the next attempt.
    /// </summary>
    /// <param name="platform">Makes vCPU and thread.</param>
    /// <param name="id">User's id, or null.</param>
    /// <param name="path">Object path.</param>
    /// <param name="plugOrder">Grows with every plug.</param>
    /// <param name="running">Run guest code at once; else begin parked.</param>
    /// <exception cref="KvmException">The kernel refused.</exception>
    /// <exception cref="HostException">The host has no thread to give.</exception>
    public void Occupy(MachinePlatform platform, string? id, string path, long plugOrder, bool running)
    {
        AwaitResting();
        Vcpu ??= platform.CreateVcpu(Index);
        platform.PowerOn(Index, Vcpu);
        VcpuThread thread = resting ?? platform.CreateVcpuThread(Index, Vcpu);
        thread.Start(running);
        resting = null;
        Thread = thread;
        Id = id;
        Path = path;
        BootProcessor = false;
        PlugOrder = plugOrder;
    }

    /// <summary>
    /// Takes the processor out and returns when it can run no guest code any more. Its thread returns the vCPU to its power-on state
    /// by itself, soon after; <see cref="AwaitResting"/> waits for that.
    /// </summary>
    public void Vacate()
    {
        Thread!.Retire();
        resting = Thread;
        Thread = null;
        Id = null;
        Path = "";
        EndedPlug = null;
        EndedRemoval = null;
    }

    /// <summary>Returns when the thread of an earlier processor does not use the vCPU.</summary>
    public void AwaitResting() => resting?.WaitResting();

    /// <summary>Tells the thread to end, whether there is a processor or not; <see cref="Close"/> waits for it.</summary>
    public void RequestStop() => (Thread ?? resting)?.RequestStop();

    /// <summary>Empties the slot for good: thread and vCPU are gone on return.</summary>
    public void Close()
    {
        (Thread ?? resting)?.Join();
        Thread = null;
        resting = null;
        Vcpu?.Dispose();
        Vcpu = null;
    }

    public CpuSlot ToSnapshot() => new(Index, ApicId, Location, ToOccupant());

    private CpuOccupant? ToOccupant() =>
        Thread is null ? null : new CpuOccupant(Id, Path, PlugOrder, BootProcessor, Thread.HostThreadId, Removal is not null);
}
