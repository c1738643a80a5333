using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Cpu;

namespace Limber.Rest.Tests.Support;

/// <summary>A machine in memory whose guest does what the test says; it notes every call that changes something.</summary>
internal sealed class FakeVirtualMachine : IVirtualMachine
{
    private readonly Lock gate = new();
    private readonly List<FakeOperation> operations = [];
    private readonly List<string> calls = [];
    private readonly CpuSlot[] slots;
    private readonly TaskCompletionSource<int> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeVirtualMachine(int boot = 2, int max = 8)
    {
        CpuTopology topology = new(2, 1, 1, max / 2, 1);
        Config = new VmConfig
        {
            Dialect = Dialect.CloudHypervisor,
            Cpus = new CpuConfig { Boot = boot, Max = max, Topology = topology },
            Memory = new MemoryConfig(512 << 20),
            Payload = new PayloadConfig("/boot/vmlinux", null, "console=ttyS0"),
            Serials = [new ChardevConfig.File("/var/log/guest's.log")],
        };
        slots = new CpuSlot[max];
        for (int i = 0; i < max; i++)
        {
            slots[i] = new CpuSlot(i, topology.ApicId(i), topology.Location(i), null);
        }

        for (int i = 0; i < boot; i++)
        {
            Occupy(i);
        }
    }

    public VmConfig Config { get; init; }

    public IDeviceManager Devices { get; init; } = new NoDevices();

    public IMemoryManager Memory { get; init; } = new FakeMemoryManager();

    public string CpuModelName => "host";

    public RunState State { get; set; } = RunState.Running;

    public Task<int> Completion => completion.Task;

    /// <summary>Pause blocks until it is signalled.</summary>
    public ManualResetEventSlim? PauseGate { get; set; }

    /// <summary>The next change throws it and changes nothing.</summary>
    public Exception? NextFailure { get; set; }

    /// <summary>State of new operations; a final one makes the guest act at once.</summary>
    public OperationState FirstState { get; set; } = OperationState.Notified;

    public IReadOnlyList<FakeOperation> Operations => operations;

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (gate)
            {
                return [.. calls];
            }
        }
    }

    public int Plugged => GetCpuSlots().Count(slot => slot.Occupant is not null);

    public IReadOnlyList<CpuSlot> GetCpuSlots()
    {
        lock (gate)
        {
            return [.. slots];
        }
    }

    public IReadOnlyList<IHotplugOperation> PlugCpus(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null)
    {
        Note("plug " + string.Join(',', requests.Select(request => request.Index)) + Text(deadline));
        lock (gate)
        {
            if (requests.FirstOrDefault(request => slots[request.Index].Occupant is not null) is { } taken)
            {
                throw new VmException(VmErrorCode.CpuSlotOccupied, $"slot {taken.Index} is occupied");
            }

            return [.. requests.Select(request => Begin(OperationKind.CpuPlug, request.Index))];
        }
    }

    public IReadOnlyList<IHotplugOperation> PlugCpusOnline(IReadOnlyList<CpuPlugRequest> requests, TimeSpan? deadline = null)
    {
        Note("online");
        return PlugCpus(requests, deadline);
    }

    public IReadOnlyList<IHotplugOperation> UnplugCpus(IReadOnlyList<int> indexes, TimeSpan? deadline = null)
    {
        Note("unplug " + string.Join(',', indexes) + Text(deadline));
        lock (gate)
        {
            return [.. indexes.Select(index => Begin(OperationKind.CpuUnplug, index))];
        }
    }

    private static string Text(TimeSpan? deadline) => deadline is { } time ? $" within {time.TotalSeconds}" : "";

    /// <summary>The guest does what an operation asks for.</summary>
    public void Complete(FakeOperation operation)
    {
        lock (gate)
        {
            if (operation.Current.Kind == OperationKind.CpuUnplug)
            {
                Vacate(operation.Current.CpuIndex);
            }
        }

        operation.MoveTo(OperationState.Completed);
    }

    public void Occupy(int index) =>
        slots[index] = slots[index] with
        {
            Occupant = new CpuOccupant(null, $"/machine/unattached/device[{index}]", index, index == 0, 100 + index, false),
        };

    public void Vacate(int index) => slots[index] = slots[index] with { Occupant = null };

    public IReadOnlyList<IHotplugOperation> GetOperations()
    {
        lock (gate)
        {
            return [.. operations];
        }
    }

    public IHotplugOperation? FindOperation(long id) =>
        GetOperations().FirstOrDefault(operation => operation.Current.Id == id);

    public void Resume()
    {
        Note("resume");
        State = RunState.Running;
    }

    public void Pause()
    {
        Note("pause");
        PauseGate?.Wait();
        State = RunState.Paused;
    }

    public IReadOnlyList<CpuRegisters> GetCpuRegisters() =>
        [.. GetCpuSlots().Where(slot => slot.Occupant is not null).Select(slot => new CpuRegisters(
            slot.Index, CpuActivity.Halted, [.. Enumerable.Range(0, 16).Select(n => (ulong)(0x100 + n))],
            0xffffffff81000000, 0x246, 0x10, 0, 0, 0x80050033, 0, 0x1000, 0x6f0, 0xd01, 0xfee00d00))];

    public void Reset(ShutdownReason reason)
    {
        Note("reset");
        State = RunState.Paused;
    }

    public void PowerOff(ShutdownReason reason)
    {
        Note("power-off");
        State = RunState.Prelaunch;
    }

    public void PressPowerButton() => Note("power-button");

    public void Quit(ShutdownReason reason)
    {
        Note("quit");
        completion.TrySetResult(0);
    }

    public IDisposable Subscribe(Action<VmEvent> handler) => throw new InvalidOperationException("REST has no events");

    private void Note(string call)
    {
        lock (gate)
        {
            calls.Add(call);
        }

        if (NextFailure is { } failure)
        {
            NextFailure = null;
            throw failure;
        }
    }

    private FakeOperation Begin(OperationKind kind, int index)
    {
        if (kind == OperationKind.CpuPlug)
        {
            Occupy(index);
        }
        else
        {
            CpuOccupant occupant = slots[index].Occupant!;
            slots[index] = slots[index] with { Occupant = occupant with { RemovalPending = true } };
        }

        FakeOperation operation = new(new OperationSnapshot
        {
            Id = operations.Count + 1,
            Kind = kind,
            State = OperationState.Notified,
            CpuIndex = index,
            Target = slots[index].Occupant!.Path,
            RequestedAt = DateTimeOffset.UnixEpoch,
        });
        operations.Add(operation);
        if (FirstState != OperationState.Notified)
        {
            operation.MoveTo(FirstState);
        }

        return operation;
    }
}
