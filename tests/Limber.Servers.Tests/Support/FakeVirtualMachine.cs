using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Cpu;

namespace Limber.Servers.Tests.Support;

/// <summary>A machine in memory whose guest does what the test says.</summary>
internal sealed class FakeVirtualMachine : IVirtualMachine
{
    private readonly Lock gate = new();
    private readonly List<Action<VmEvent>> handlers = [];
    private readonly List<FakeOperation> operations = [];
    private readonly CpuSlot[] slots;
    private readonly TaskCompletionSource<int> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long plugs;
    private int anonymous;

    public FakeVirtualMachine(CpuTopology? topology = null, int boot = 1, string? name = null, Dialect dialect = Dialect.Qemu)
    {
        topology ??= new CpuTopology(3, 1, 1, 2, 1);
        Config = new VmConfig
        {
            Dialect = dialect,
            Name = name,
            Cpus = new CpuConfig { Boot = boot, Max = topology.Total, Topology = topology, Model = "qemu64" },
            Memory = new MemoryConfig(128 << 20),
        };
        Memory = new FakeMemoryManager(Config.Memory.Size);
        slots = new CpuSlot[topology.Total];
        for (int i = 0; i < slots.Length; i++)
        {
            CpuOccupant? occupant = i < boot
                ? new CpuOccupant(null, $"/machine/unattached/device[{i}]", plugs++, true, 100 + i, false)
                : null;
            slots[i] = new CpuSlot(i, topology.ApicId(i), topology.Location(i), occupant);
        }
    }

    public VmConfig Config { get; init; }

    public IDeviceManager Devices { get; init; } = new NoDevices();

    public IMemoryManager Memory { get; init; }

    public string CpuModelName => "qemu64";

    public RunState State { get; set; } = RunState.Prelaunch;

    public Task<int> Completion => completion.Task;

    /// <summary>When set, Pause blocks until it is signalled.</summary>
    public ManualResetEventSlim? PauseGate { get; set; }

    /// <summary>When set, the next plug or unplug throws it.</summary>
    public VmException? NextRefusal { get; set; }

    public List<string> Calls { get; } = [];

    public IReadOnlyList<FakeOperation> Operations => operations;

    public int SubscriberCount
    {
        get
        {
            lock (gate)
            {
                return handlers.Count;
            }
        }
    }

    public IReadOnlyList<CpuSlot> GetCpuSlots()
    {
        lock (gate)
        {
            return [.. slots];
        }
    }

    public IReadOnlyList<IHotplugOperation> PlugCpus(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null)
    {
        ThrowRefusal();
        Calls.Add("plug " + string.Join(' ', requests.Select(static request => request.Index)) + Text(deadline));
        List<IHotplugOperation> result = [];
        foreach (CpuPlugRequest request in requests)
        {
            string path = request.Id is null
                ? $"/machine/peripheral-anon/device[{anonymous++}]"
                : $"/machine/peripheral/{request.Id}";
            CpuOccupant occupant = new(request.Id, path, plugs++, false, 200 + request.Index, false);
            slots[request.Index] = slots[request.Index] with { Occupant = occupant };
            result.Add(Begin(OperationKind.CpuPlug, request.Index, request.Id ?? path));
            Raise(new VmEvent.CpuResizeNotified(request.Index));
        }

        return result;
    }

    public IReadOnlyList<IHotplugOperation> PlugCpusOnline(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null)
    {
        Calls.Add("online");
        IReadOnlyList<IHotplugOperation> plugs = PlugCpus(requests, deadline);
        return [.. plugs, Begin(OperationKind.CpuOnline, requests.Count == 1 ? requests[0].Index : -1, "processors")];
    }

    public IReadOnlyList<IHotplugOperation> UnplugCpus(IReadOnlyList<int> indexes, TimeSpan? deadline = null)
    {
        ThrowRefusal();
        Calls.Add("unplug " + string.Join(' ', indexes) + Text(deadline));
        List<IHotplugOperation> result = [];
        foreach (int index in indexes)
        {
            CpuOccupant occupant = slots[index].Occupant!;
            if (index == 0)
            {
                throw new VmException(VmErrorCode.BootCpu, "CPU 0 can't be removed") { CpuIndex = 0 };
            }

            slots[index] = slots[index] with { Occupant = occupant with { RemovalPending = true } };
            result.Add(Begin(OperationKind.CpuUnplug, index, occupant.Id ?? occupant.Path));
            Raise(new VmEvent.CpuResizeNotified(index));
        }

        return result;
    }

    private static string Text(TimeSpan? deadline) => deadline is { } time ? $" within {time.TotalSeconds}" : "";

    /// <summary>The guest gives a processor back.</summary>
    public void GuestEject(int index)
    {
        CpuOccupant occupant = slots[index].Occupant!;
        Raise(new VmEvent.AcpiDeviceOst(occupant.Id, index, 3, 132));
        slots[index] = slots[index] with { Occupant = null };
        Raise(new VmEvent.DeviceDeleted(occupant.Id, occupant.Path));
        Raise(new VmEvent.AcpiDeviceOst(null, index, 3, 0));
    }

    public IReadOnlyList<IHotplugOperation> GetOperations() => operations;

    public IHotplugOperation? FindOperation(long id) => operations.FirstOrDefault(operation => operation.Current.Id == id);

    public void Resume()
    {
        if (State is RunState.Shutdown or RunState.InternalError)
        {
            throw new VmException(VmErrorCode.InvalidState, "the guest has powered off");
        }

        if (State != RunState.Running)
        {
            State = RunState.Running;
            Raise(new VmEvent.Resumed());
        }
    }

    public void Pause()
    {
        PauseGate?.Wait();
        if (State == RunState.Running)
        {
            State = RunState.Paused;
            Raise(new VmEvent.Stopped());
        }
    }

    public void PowerOff(ShutdownReason reason) => Raise(new VmEvent.Shutdown(false, reason));

    public IReadOnlyList<CpuRegisters> GetCpuRegisters() =>
        [.. GetCpuSlots().Where(slot => slot.Occupant is not null).Select(slot => new CpuRegisters(
            slot.Index, CpuActivity.Halted, [.. Enumerable.Range(0, 16).Select(n => (ulong)(0x100 + n))],
            0xffffffff81000000, 0x246, 0x10, 0, 0, 0x80050033, 0, 0x1000, 0x6f0, 0xd01, 0xfee00d00))];

    public void Reset(ShutdownReason reason) => Raise(new VmEvent.Reset(false, reason));

    public void PressPowerButton() => Raise(new VmEvent.PowerButtonPressed());

    public void Quit(ShutdownReason reason)
    {
        Raise(new VmEvent.Shutdown(false, reason));
        completion.TrySetResult(0);
    }

    public IDisposable Subscribe(Action<VmEvent> handler)
    {
        lock (gate)
        {
            handlers.Add(handler);
        }

        return new Subscription(this, handler);
    }

    public void Raise(VmEvent happened)
    {
        Action<VmEvent>[] now;
        lock (gate)
        {
            now = [.. handlers];
        }

        foreach (Action<VmEvent> handler in now)
        {
            handler(happened);
        }
    }

    private void ThrowRefusal()
    {
        if (NextRefusal is { } refusal)
        {
            NextRefusal = null;
            throw refusal;
        }
    }

    private FakeOperation Begin(OperationKind kind, int index, string target)
    {
        FakeOperation operation = new(this, new OperationSnapshot
        {
            Id = operations.Count + 1,
            Kind = kind,
            State = OperationState.Notified,
            CpuIndex = index,
            Target = target,
            RequestedAt = DateTimeOffset.UnixEpoch,
        });
        operations.Add(operation);
        Raise(new VmEvent.OperationChanged(operation.Current));
        return operation;
    }

    private sealed class Subscription(FakeVirtualMachine machine, Action<VmEvent> handler) : IDisposable
    {
        public void Dispose()
        {
            lock (machine.gate)
            {
                machine.handlers.Remove(handler);
            }
        }
    }
}
