using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>
/// One virtual machine: the composition root and the only class that front ends and embedding programs need.
/// </summary>
/// <remarks>
/// Threads: clients call from any thread; one worker thread ("limber-vm") acts on what the guest reports and on deadlines; one
/// thread a plugged vCPU. Lock order: <see cref="control"/> before every other lock. vCPU threads never take it, so it may be
/// held while waiting for them.
/// </remarks>
public sealed class VirtualMachine : IVirtualMachine, IDisposable
{
    private const int WorkerStackSize = 512 * 1024;

    private readonly Lock control = new();
    private readonly MachinePlatform platform;
    private readonly ProcessorSet processors;
    private readonly DeviceManager devices;
    private readonly MemoryManager memory;
    private readonly EventPublisher publisher = new();
    private readonly OperationLog operations = new();
    private readonly TaskCompletionSource<int> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GuestOnlining onlining;
    private readonly Thread worker;
    private RunState state = RunState.Prelaunch;
    private bool guestStarted;
    private bool bootImageStale;
    private int? exitCode;

    private VirtualMachine(MachinePlatform platform, TimeProvider time)
    {
        this.platform = platform;
        processors = new ProcessorSet(platform, publisher, operations, time, Cancel);
        var backends = new MemoryBackendSet();
        var space = new MemorySpace(
            platform.MemoryMap, platform.GuestMappings, platform.DeviceMemory.Area, platform.Config.Memory.HotplugSize) { ListDevices = () => devices!.ListParts() };
        var virtioMem = new VirtioMemFactory(space, backends, Math.Max(platform.Config.Numa.Count, 1), platform.Signals.ReportMemorySize);
        DimmSet? dimms = null;
        devices = new DeviceManager(
            control, platform, publisher, operations, time, (Cancel, id => processors.Occupied.Any(s => s.Id == id) || dimms!.HasId(id)), virtioMem)
        {
            ChangedBeforeStart = () => bootImageStale = true,
            GetMemorySize = () => memory!.GetTotalSize(),
        };
        var book = new OperationBook(platform, publisher, operations, time, Cancel);
        onlining = new GuestOnlining(control, book);
        dimms = new DimmSet(control, platform, (backends, space), publisher, book, time)
        {
            ChangedBeforeStart = () => bootImageStale = true,
            Names = (devices.IsTaken, devices.CreatePath),
        };
        memory = new MemoryManager(control, platform, devices, dimms, new VirtioMemSet(devices, publisher, book), (backends, CheckAlive));
        worker = new Thread(Work, WorkerStackSize) { Name = "limber-vm", IsBackground = true };
    }

    /// <inheritdoc/>
    public VmConfig Config => platform.Config;

    /// <inheritdoc/>
    public string CpuModelName => platform.CpuModelName;

    /// <inheritdoc/>
    public IDeviceManager Devices => devices;

    /// <inheritdoc/>
    public IMemoryManager Memory => memory;

    /// <inheritdoc/>
    public Task<int> Completion => completion.Task;

    /// <summary>Things worth telling the user at creation: features the host lacks, limits exceeded.</summary>
    public IReadOnlyList<string> Warnings => platform.Warnings;

    /// <summary>The features that a processor of some model would have on this host, as this machine would make it.</summary>
    /// <exception cref="Cpu.CpuModelException">The model enforces a feature that the host lacks.</exception>
    public Cpu.CpuFeatureSet ResolveFeatures(Cpu.CpuSpec model) => platform.ResolveFeatures(model);

    /// <summary>What the guest did wrong, counted.</summary>
    public GuestErrorCounters GuestErrors => platform.GuestErrors;

    /// <inheritdoc/>
    public RunState State
    {
        get
        {
            lock (control)
            {
                return state;
            }
        }
    }

    /// <summary>Creates a machine that is ready to run: memory, devices, boot processors and the boot image are in place.</summary>
    /// <param name="config">What it is made of.</param>
    /// <param name="environment">What it may use of the host.</param>
    /// <exception cref="VmException">The host or the configuration does not allow it; the text names what.</exception>
    public static VirtualMachine Create(VmConfig config, MachineEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(environment);
        CheckDeadline(config.OperationDeadline);
        return OrRefuse(() =>
        {
            var machine = new VirtualMachine(MachinePlatform.Create(config, environment), environment.Time);
            machine.Initialize();
            return machine;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<CpuSlot> GetCpuSlots()
    {
        lock (control)
        {
            return processors.GetSnapshot();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IHotplugOperation> PlugCpus(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(requests);
        CheckDeadline(deadline);
        lock (control)
        {
            return PlugNow(requests, deadline);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IHotplugOperation> PlugCpusOnline(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(requests);
        CheckDeadline(deadline);
        GuestAgent.GuestAgentOnliner agent;
        lock (control)
        {
            CheckAlive();
            if (!guestStarted || requests.Count == 0)
            {
                return PlugNow(requests, deadline);
            }

            if (state != RunState.Running)
            {
                throw GuestOnlining.Refused("the guest is stopped");
            }

            agent = devices.FindAgent() ?? throw GuestOnlining.Refused("the machine has no guest agent port of its own");
        }

        return onlining.Plug(agent, deadline, () => PlugNow(requests, deadline));
    }

    /// <inheritdoc/>
    public IReadOnlyList<IHotplugOperation> UnplugCpus(IReadOnlyList<int> indexes, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(indexes);
        CheckDeadline(deadline);
        lock (control)
        {
            CheckAlive();
            IReadOnlyList<IHotplugOperation> result = OrRefuse(() => processors.Unplug(indexes, deadline, guestStarted));
            bootImageStale |= !guestStarted;
            platform.Signals.Wake();
            return result;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IHotplugOperation> GetOperations() => operations.GetAll();

    /// <inheritdoc/>
    public IHotplugOperation? FindOperation(long id) => operations.Find(id);

    /// <inheritdoc/>
    public IDisposable Subscribe(Action<VmEvent> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return publisher.Subscribe(handler);
    }

    /// <inheritdoc/>
    public void Resume()
    {
        lock (control)
        {
            CheckAlive();
            if (state == RunState.Running)
            {
                return;
            }

            if (state is RunState.Shutdown or RunState.InternalError)
            {
                throw new VmException(VmErrorCode.InvalidState, "Resetting the Virtual Machine is required");
            }

            if (bootImageStale)
            {
                OrRefuse(LoadBootImage);
            }

            SetGuestStarted(true);
            state = RunState.Running;
            processors.ResumeAll();
            publisher.Publish(new VmEvent.Resumed());
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<CpuRegisters> GetCpuRegisters()
    {
        lock (control)
        {
            CheckAlive();
            processors.ParkAll();
            try
            {
                return [.. processors.Occupied.Select(s => RegisterReader.Read(s.Index, s.Vcpu!))];
            }
            catch (Kvm.KvmException e)
            {
                throw new VmException(VmErrorCode.HostFailure, e.Message, e);
            }
            finally
            {
                if (state == RunState.Running)
                {
                    processors.ResumeAll();
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Pause()
    {
        lock (control)
        {
            CheckAlive();
            if (state == RunState.Running)
            {
                processors.ParkAll();
                state = RunState.Paused;
                publisher.Publish(new VmEvent.Stopped());
            }
        }
    }

    /// <inheritdoc/>
    public void Reset(ShutdownReason reason)
    {
        lock (control)
        {
            CheckAlive();
            if (!ResetMachine(byGuest: false, reason))
            {
                throw new VmException(VmErrorCode.HostFailure, "the machine could not be reset; it has stopped");
            }
        }
    }

    /// <inheritdoc/>
    public void PowerOff(ShutdownReason reason)
    {
        lock (control)
        {
            CheckAlive();
            if (state == RunState.Prelaunch)
            {
                return;
            }

            RunState before = state;
            if (before != RunState.Shutdown)
            {
                publisher.Publish(new VmEvent.Shutdown(ByGuest: false, reason));
            }

            if (ReturnToPowerOn())
            {
                SetGuestStarted(false);
                state = RunState.Prelaunch;
                if (before == RunState.Running)
                {
                    publisher.Publish(new VmEvent.Stopped());
                }
            }
        }
    }

    /// <inheritdoc/>
    public void PressPowerButton()
    {
        lock (control)
        {
            CheckAlive();
            platform.Events.PressPowerButton();
            publisher.Publish(new VmEvent.PowerButtonPressed());
        }
    }

    /// <inheritdoc/>
    public void Quit(ShutdownReason reason)
    {
        lock (control)
        {
            if (exitCode is null)
            {
                publisher.Publish(new VmEvent.Shutdown(ByGuest: false, reason));
                End(0);
            }
        }
    }

    /// <summary>Ends the machine if it has not ended and returns when all of it is gone.</summary>
    public void Dispose()
    {
        Quit(ShutdownReason.HostSignal);
        worker.Join();
    }

    private void Initialize()
    {
        try
        {
            memory.AddBackends();
            devices.AddConfigured();
            memory.AddConfigured();
            lock (control)
            {
                processors.AddBootProcessors(Config.Cpus.Boot);
                LoadBootImage();
            }
        }
        catch
        {
            TakeApart();
            throw;
        }

        worker.Start();
    }

    internal static void CheckDeadline(TimeSpan? deadline)
    {
        if (deadline < OperationDeadline.Shortest || deadline > OperationDeadline.Longest)
        {
            throw new VmException(VmErrorCode.Failed, $"the deadline of a hotplug operation is {deadline}, not {OperationDeadline.Rule}");
        }
    }

    private IReadOnlyList<IHotplugOperation> PlugNow(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline)
    {
        CheckAlive();
        devices.RequireFreeIds(requests, memory.HasDimm);
        IReadOnlyList<IHotplugOperation> result = OrRefuse(() => processors.Plug(requests, deadline, state == RunState.Running, guestStarted));
        bootImageStale |= !guestStarted;
        platform.Signals.Wake();
        return result;
    }

    private void CheckAlive()
    {
        if (exitCode is not null)
        {
            throw new VmException(VmErrorCode.InvalidState, "the machine has ended");
        }
    }

    private void SetGuestStarted(bool started)
    {
        guestStarted = started;
        devices.GuestStarted = started;
        memory.SetGuestStarted(started);
    }

    private void End(int code)
    {
        exitCode = code;
        platform.Signals.Wake();
    }

    private bool Cancel(HotplugOperation operation)
    {
        lock (control)
        {
            return exitCode is null && (operation.Current.CpuIndex >= 0 ? processors.Cancel(operation) : devices.Cancel(operation) || memory.Cancel(operation));
        }
    }

    // All vCPUs are parked.
    private bool LoadBootImage()
    {
        platform.Load([.. processors.Occupied.Select(s => s.Index)], processors.BootSlot.Vcpu!);
        bootImageStale = false;
        return true;
    }

    // What the host refuses is a refusal to the client too.
    private static T OrRefuse<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (IsHostFailure(e))
        {
            throw new VmException(VmErrorCode.HostFailure, e.Message, e);
        }
    }

    private static bool IsHostFailure(Exception e) =>
        e is KvmException or Interop.HostException or Boot.BootException or Cpu.CpuModelException;

    // False when the host refused, and the machine has stopped.
    private bool ResetMachine(bool byGuest, ShutdownReason reason)
    {
        if (!ReturnToPowerOn())
        {
            return false;
        }

        publisher.Publish(new VmEvent.Reset(byGuest, reason));
        if (state == RunState.Running)
        {
            processors.ResumeAll();
        }
        else
        {
            SetGuestStarted(false);
            state = state == RunState.Paused ? RunState.Paused : RunState.Prelaunch;
        }

        return true;
    }

    // Everything but the run state is as after creation, and all vCPUs are parked; false when the host did not allow it.
    private bool ReturnToPowerOn()
    {
        processors.ParkAll();

        // What the guest said before the reset: an eject counts, the rest is about a guest that is gone.
        foreach (GuestSignal signal in platform.Signals.Take().Hotplug)
        {
            if (signal.Kind == GuestSignalKind.Ejected)
            {
                processors.OnEjected(signal.Index);
            }
            else if (signal.Kind is GuestSignalKind.DeviceEjected or GuestSignalKind.DeviceReleased)
            {
                devices.OnSignal(signal);
            }
            else if (signal.Kind is GuestSignalKind.DimmEjected)
            {
                memory.OnSignal(signal);
            }
        }

        try
        {
            // Who sends interrupts comes before who gets them: a message of the old guest's making may be an NMI or an INIT, and
            // must not reach a processor that is as new. The memory comes last, since the kernel writes to it for processors
            // whose guest has asked for that.
            devices.Reset();
            platform.ResetDevices();
            processors.Reset();
            memory.Reset();
            platform.DiscardMemory();
            devices.OnMemoryReady();
            LoadBootImage();
        }
        catch (Exception e) when (IsHostFailure(e))
        {
            Fail($"cannot reset the machine: {e.Message}");
            return false;
        }

        return true;
    }

    // The machine's own thread.
    private void Work()
    {
        Interop.HostThread.SetCurrentName(worker.Name!);
        TimeSpan wait = Timeout.InfiniteTimeSpan;
        while (true)
        {
            platform.Signals.Wait(wait);
            lock (control)
            {
                if (exitCode is null)
                {
                    wait = ProcessSafely();
                }

                if (exitCode is null)
                {
                    continue;
                }
            }

            TakeApart();
            completion.TrySetResult(exitCode.Value);
            return;
        }
    }

    private void TakeApart()
    {
        lock (control)
        {
            processors.Shutdown();
            onlining.Shutdown();
            devices.Shutdown();
            memory.Shutdown();
        }

        // What the devices still do may need the lock to end.
        devices.Dispose();
        memory.Dispose();
        platform.Dispose();
    }

    // Whatever the kernel refuses stops the machine, never the process: its control plane still works.
    private TimeSpan ProcessSafely()
    {
        try
        {
            Process(platform.Signals.Take());
            return Earlier(Earlier(processors.CheckOperations(), devices.CheckOperations()), memory.CheckOperations());
        }
        catch (Exception e) when (IsHostFailure(e))
        {
            Fail(e.Message);
            return Timeout.InfiniteTimeSpan;
        }
    }

    internal static TimeSpan Earlier(TimeSpan a, TimeSpan b) =>
        a == Timeout.InfiniteTimeSpan ? b : b == Timeout.InfiniteTimeSpan || a < b ? a : b;

    private void Process(GuestSignalBatch batch)
    {
        foreach (GuestSignal signal in batch.Hotplug)
        {
            switch (signal.Kind)
            {
                case GuestSignalKind.Ejected:
                    processors.OnEjected(signal.Index);
                    break;
                case GuestSignalKind.Status:
                    processors.OnStatus(signal.Index, signal.SourceEvent, signal.Status);
                    break;
                case GuestSignalKind.DimmEjected or GuestSignalKind.DimmStatus or GuestSignalKind.MemorySizeChanged:
                    memory.OnSignal(signal);
                    break;
                default:
                    devices.OnSignal(signal);
                    break;
            }
        }

        if (batch.Failure is not null)
        {
            Fail(batch.Failure);
        }
        else if (batch.PowerOff)
        {
            GoDown(ShutdownReason.GuestShutdown);
        }
        else if (batch.Reset)
        {
            OnGuestReset();
        }
    }

    private void OnGuestReset()
    {
        if (Config.NoReboot)
        {
            GoDown(ShutdownReason.GuestReset);
        }
        else
        {
            ResetMachine(byGuest: true, ShutdownReason.GuestReset);
        }
    }

    private void GoDown(ShutdownReason reason)
    {
        publisher.Publish(new VmEvent.Shutdown(ByGuest: true, reason));
        if (!Config.NoShutdown)
        {
            End(0);
            return;
        }

        processors.ParkAll();
        state = RunState.Shutdown;
        publisher.Publish(new VmEvent.Stopped());
    }

    private void Fail(string description)
    {
        processors.ParkAll();
        state = RunState.InternalError;
        platform.ReportFailure(description);
        publisher.Publish(new VmEvent.Stopped());
    }
}
