using System;
using System.Linq;
using System.Threading;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// Everything of a machine that can be plugged and removed, put together: processors, PCI devices and memory, with their
/// operations and events. What concerns one of them goes to that one from here.
/// </summary>
/// <remarks>Thread: with the control lock held, but for what says otherwise.</remarks>
internal sealed class MachineParts : IDisposable
{
    private readonly Lock control;
    private readonly MachinePlatform platform;

    /// <param name="control">The machine's control lock.</param>
    /// <param name="platform">The machine below them.</param>
    /// <param name="status">How far the machine is.</param>
    /// <param name="time">Clocks.</param>
    public MachineParts(Lock control, MachinePlatform platform, MachineStatus status, TimeProvider time)
    {
        this.control = control;
        this.platform = platform;
        Status = status;
        Processors = new ProcessorSet(platform, Publisher, Operations, time, Cancel);
        var backends = new MemoryBackendSet();
        var space = new MemorySpace(
            platform.MemoryMap, platform.GuestMappings, platform.DeviceMemory.Area, platform.Config.Memory.HotplugSize) { ListDevices = () => Devices!.ListParts() };
        var virtioMem = new VirtioMemFactory(space, backends, Math.Max(platform.Config.Numa.Count, 1), platform.Signals.ReportMemorySize);
        DimmSet? dimms = null;
        Devices = new DeviceManager(
            control, platform, Publisher, Operations, time, (Cancel, id => Processors.Occupied.Any(s => s.Id == id) || dimms!.HasId(id)), virtioMem)
        {
            ChangedBeforeStart = () => status.IsBootImageStale = true,
            GetMemorySize = () => Memory!.GetTotalSize(),
        };
        var book = new OperationBook(platform, Publisher, Operations, time, Cancel);
        Onlining = new GuestOnlining(control, book);
        dimms = new DimmSet(control, platform, (backends, space), Publisher, book, time)
        {
            ChangedBeforeStart = () => status.IsBootImageStale = true,
            Names = (Devices.IsTaken, Devices.CreatePath),
        };
        Memory = new MemoryManager(
            control, platform, Devices, dimms, new VirtioMemSet(Devices, Publisher, book), (backends, status.RequireAlive));
    }

    /// <summary>How far the machine is.</summary>
    public MachineStatus Status { get; }

    public ProcessorSet Processors { get; }

    public DeviceManager Devices { get; }

    public MemoryManager Memory { get; }

    /// <summary>Brings processors online through the guest's agent.</summary>
    public GuestOnlining Onlining { get; }

    /// <summary>All operations. Any thread.</summary>
    public OperationLog Operations { get; } = new();

    /// <summary>All events. Any thread subscribes.</summary>
    public EventPublisher Publisher { get; } = new();

    /// <summary>Makes what the configuration names, before the guest starts. No lock held.</summary>
    /// <exception cref="VmException">Something can't be made; <see cref="Dispose"/> takes the rest apart.</exception>
    public void AddConfigured()
    {
        Memory.AddBackends();
        Devices.AddConfigured();
        Memory.AddConfigured();
        lock (control)
        {
            Processors.AddBootProcessors(platform.Config.Cpus.Boot);
        }
    }

    /// <summary>The guest has started, or is off.</summary>
    public void SetGuestStarted(bool started)
    {
        Status.GuestStarted = started;
        Devices.GuestStarted = started;
        Memory.SetGuestStarted(started);
    }

    /// <summary>The guest said something about a part.</summary>
    public void OnSignal(GuestSignal signal)
    {
        switch (signal.Kind)
        {
            case GuestSignalKind.Ejected:
                Processors.OnEjected(signal.Index);
                break;
            case GuestSignalKind.Status:
                Processors.OnStatus(signal.Index, signal.SourceEvent, signal.Status);
                break;
            case GuestSignalKind.DimmEjected or GuestSignalKind.DimmStatus or GuestSignalKind.MemorySizeChanged:
                Memory.OnSignal(signal);
                break;
            default:
                Devices.OnSignal(signal);
                break;
        }
    }

    /// <inheritdoc cref="OperationBook.Check"/>
    public TimeSpan CheckOperations() => VirtualMachine.Earlier(
        VirtualMachine.Earlier(Processors.CheckOperations(), Devices.CheckOperations()), Memory.CheckOperations());

    /// <summary>Ends everything, before the platform below goes. Without the control lock.</summary>
    public void Dispose()
    {
        lock (control)
        {
            Processors.Shutdown();
            Onlining.Shutdown();
            Devices.Shutdown();
            Memory.Shutdown();
        }

        // What the devices still do may need the lock to end.
        Devices.Dispose();
        Memory.Dispose();
    }

    // For clients, which hold no lock.
    private bool Cancel(HotplugOperation operation)
    {
        lock (control)
        {
            return Status.ExitCode is null && (operation.Current.CpuIndex >= 0
                ? Processors.Cancel(operation)
                : Devices.Cancel(operation) || Memory.Cancel(operation));
        }
    }
}
