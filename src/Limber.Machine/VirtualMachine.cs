using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;

namespace Limber.Machine;

/// <summary>
/// One virtual machine: the composition root and the only class that front ends and embedding programs need. What it consists
/// of is in <see cref="MachineParts"/>, the platform below that in <see cref="MachinePlatform"/>; <see cref="RunControl"/> runs
/// it.
/// </summary>
/// <remarks>
/// Threads: clients call from any thread; one worker thread (<see cref="MachineWorker"/>) acts on what the guest reports and on
/// deadlines; one thread a plugged vCPU. Lock order: <see cref="control"/> before every other lock. vCPU threads never take it,
/// so it may be held while waiting for them.
/// </remarks>
public sealed class VirtualMachine : IVirtualMachine, IDisposable
{
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(5);

    private readonly Lock control = new();
    private readonly MachineStatus status = new();
    private readonly MachinePlatform platform;
    private readonly MachineParts parts;
    private readonly RunControl run;
    private readonly MachineWorker worker;

    private VirtualMachine(MachinePlatform platform, TimeProvider time)
    {
        this.platform = platform;
        parts = new MachineParts(control, platform, status, time);
        run = new RunControl(platform, parts);
        worker = new MachineWorker(control, platform, parts, run);
    }

    /// <inheritdoc/>
    public VmConfig Config => platform.Config;

    /// <inheritdoc/>
    public string CpuModelName => platform.CpuModelName;

    /// <inheritdoc/>
    public IDeviceManager Devices => parts.Devices;

    /// <inheritdoc/>
    public IMemoryManager Memory => parts.Memory;

    /// <inheritdoc/>
    public Task<int> Completion => worker.Completion;

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
                return status.State;
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
        return HostRefusals.OrRefuse(() =>
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
            return parts.Processors.GetSnapshot();
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
            status.RequireAlive();
            if (!status.GuestStarted || requests.Count == 0)
            {
                return PlugNow(requests, deadline);
            }

            if (status.State != RunState.Running)
            {
                throw GuestOnlining.Refused("the guest is stopped");
            }

            agent = parts.Devices.FindAgent() ?? throw GuestOnlining.Refused("the machine has no guest agent port of its own");
        }

        return parts.Onlining.Plug(agent, deadline, () => PlugNow(requests, deadline));
    }

    /// <inheritdoc/>
    public IReadOnlyList<IHotplugOperation> UnplugCpus(IReadOnlyList<int> indexes, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(indexes);
        CheckDeadline(deadline);
        lock (control)
        {
            status.RequireAlive();
            IReadOnlyList<IHotplugOperation> result = HostRefusals.OrRefuse(() => parts.Processors.Unplug(indexes, deadline, status.GuestStarted));
            status.IsBootImageStale |= !status.GuestStarted;
            platform.Signals.Wake();
            return result;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IHotplugOperation> GetOperations() => parts.Operations.GetAll();

    /// <inheritdoc/>
    public IHotplugOperation? FindOperation(long id) => parts.Operations.Find(id);

    /// <inheritdoc/>
    public IDisposable Subscribe(Action<VmEvent> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return parts.Publisher.Subscribe(handler);
    }

    /// <inheritdoc/>
    public void Resume()
    {
        lock (control)
        {
            run.Resume();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<CpuRegisters> GetCpuRegisters()
    {
        lock (control)
        {
            status.RequireAlive();
            parts.Processors.ParkAll();
            try
            {
                return [.. parts.Processors.Occupied.Select(s => RegisterReader.Read(s.Index, s.Vcpu!))];
            }
            catch (Kvm.KvmException e)
            {
                throw new VmException(VmErrorCode.HostFailure, e.Message, e);
            }
            finally
            {
                if (status.State == RunState.Running)
                {
                    parts.Processors.ResumeAll();
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Pause()
    {
        Task drained;
        lock (control)
        {
            drained = run.Pause();
        }

        // Only this caller waits, and not for ever: storage that hangs must not take the monitor with it.
        _ = drained.Wait(DrainPatience);
    }

    /// <inheritdoc/>
    public void Reset(ShutdownReason reason)
    {
        lock (control)
        {
            run.Reset(reason);
        }
    }

    /// <inheritdoc/>
    public void PowerOff(ShutdownReason reason)
    {
        lock (control)
        {
            run.PowerOff(reason);
        }
    }

    /// <inheritdoc/>
    public void PressPowerButton()
    {
        lock (control)
        {
            status.RequireAlive();
            platform.Events.PressPowerButton();
            parts.Publisher.Publish(new VmEvent.PowerButtonPressed());
        }
    }

    /// <inheritdoc/>
    public void Quit(ShutdownReason reason)
    {
        lock (control)
        {
            run.Quit(reason);
        }
    }

    /// <summary>Ends the machine if it has not ended and returns when all of it is gone.</summary>
    public void Dispose()
    {
        Quit(ShutdownReason.HostSignal);
        worker.Join();
    }

    internal static void CheckDeadline(TimeSpan? deadline)
    {
        if (deadline < OperationDeadline.Shortest || deadline > OperationDeadline.Longest)
        {
            throw new VmException(VmErrorCode.Failed, $"the deadline of a hotplug operation is {deadline}, not {OperationDeadline.Rule}");
        }
    }

    internal static TimeSpan Earlier(TimeSpan a, TimeSpan b) =>
        a == Timeout.InfiniteTimeSpan ? b : b == Timeout.InfiniteTimeSpan || a < b ? a : b;

    private void Initialize()
    {
        try
        {
            parts.AddConfigured();
            lock (control)
            {
                run.LoadBootImage();
            }
        }
        catch
        {
            worker.TakeApart();
            throw;
        }

        worker.Start();
    }

    private IReadOnlyList<IHotplugOperation> PlugNow(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline)
    {
        status.RequireAlive();
        parts.Devices.RequireFreeIds(requests, parts.Memory.HasDimm);
        bool running = status.State == RunState.Running;
        IReadOnlyList<IHotplugOperation> result = HostRefusals.OrRefuse(() => parts.Processors.Plug(requests, deadline, running, status.GuestStarted));
        status.IsBootImageStale |= !status.GuestStarted;
        platform.Signals.Wake();
        return result;
    }
}
