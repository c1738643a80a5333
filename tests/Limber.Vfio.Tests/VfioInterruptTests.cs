using System;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Limber.Interop;
using Limber.Pci.Tests.Fakes;
using Limber.Vfio.Tests.Fakes;

namespace Limber.Vfio.Tests;

public sealed class VfioInterruptTests : IDisposable
{
    private const ulong Bar = FakeMachine.Mmio64;
    private const int MsixControl = FakeHostFunction.MsixPosition + 2;
    private const int MsiControl = FakeHostFunction.MsiPosition + 2;
    private const uint Enable = 0x8000;

    private readonly FakeMachine machine = new();
    private readonly FakeHostFunction host;

    public VfioInterruptTests() => host = machine.Host.AddFunction();

    public void Dispose() => machine.Dispose();

    [Fact]
    public void Pin_IsEnabledFromTheStart()
    {
        Plug();
        Assert.Single(host.EventsOf(VfioInterruptKind.Intx));
    }

    [Fact]
    public void Msix_FixedHost_ReservesAllAndSignalsUnmaskedOnes()
    {
        Plug();
        Unmask(2);
        machine.WriteConfig(MsixControl, Enable, 2);

        int[] events = host.EventsOf(VfioInterruptKind.Msix);
        Assert.Equal(FakeHostFunction.MsixVectors, events.Length);
        Assert.Equal(machine.Vectors[2].Event.Descriptor.Number, events[2]);
        Assert.Equal(4, events.Count(fd => fd == VfioDevice.NoEvent));
        Assert.Empty(host.EventsOf(VfioInterruptKind.Intx));

        Unmask(4);
        Assert.Equal(machine.Vectors[4].Event.Descriptor.Number, host.EventsOf(VfioInterruptKind.Msix)[4]);
        Assert.True(machine.Vectors[4].IsUnmasked);
    }

    [Fact]
    public void Msix_GrowingHost_AddsVectorsWhenUsed()
    {
        host.CanGrow = true;
        Plug();
        machine.WriteConfig(MsixControl, Enable, 2);
        Assert.Single(host.EventsOf(VfioInterruptKind.Msix));
        Unmask(3);
        int[] events = host.EventsOf(VfioInterruptKind.Msix);
        Assert.Equal(4, events.Length);
        Assert.Equal(machine.Vectors[3].Event.Descriptor.Number, events[3]);
    }

    [Fact]
    public void Msix_MaskedByGuest_HostKeepsSignallingTheVector()
    {
        Plug();
        Unmask(0);
        machine.WriteConfig(MsixControl, Enable, 2);
        machine.Write(Bar + FakeHostFunction.TableOffset + 12, 1);
        Assert.False(machine.Vectors[0].IsUnmasked);
        Assert.NotEqual(VfioDevice.NoEvent, host.EventsOf(VfioInterruptKind.Msix)[0]);
    }

    [Fact]
    public void Msix_Off_ReturnsToThePin()
    {
        Plug();
        machine.WriteConfig(MsixControl, Enable, 2);
        machine.WriteConfig(MsixControl, 0, 2);
        Assert.Empty(host.EventsOf(VfioInterruptKind.Msix));
        Assert.Single(host.EventsOf(VfioInterruptKind.Intx));
    }

    [Fact]
    public void Msix_HostHasFewer_EnablesThoseAndReportsOnce()
    {
        host.VectorLimit = 2;
        VfioPciFunction function = Plug();
        int faults = 0;
        function.Faulted += (_, _) => faults++;
        Unmask(0);
        for (int i = 0; i < 3; i++)
        {
            machine.WriteConfig(MsixControl, Enable, 2);
            Assert.Equal(2, host.EventsOf(VfioInterruptKind.Msix).Length);
            Unmask(4);
            machine.WriteConfig(MsixControl, 0, 2);
        }

        Assert.Equal(1, faults);
    }

    [Fact]
    public void Msi_TwoMessages_SignalVectorsWithNumberedData()
    {
        Plug();
        machine.WriteConfig(FakeHostFunction.MsiPosition + 4, 0xFEE0_1000);
        machine.WriteConfig(FakeHostFunction.MsiPosition + 12, 0x41, 2);
        machine.WriteConfig(MsiControl, 0x11, 2);

        int[] events = host.EventsOf(VfioInterruptKind.Msi);
        FakeVector[] vectors = [.. machine.Vectors.Where(v => events.Contains(v.Event.Descriptor.Number))];
        Assert.Equal([0x40u, 0x41u], vectors.Select(v => v.Message.Data));
        Assert.All(vectors, v => Assert.Equal(0xFEE0_1000ul, v.Message.Address));

        // One of the messages is masked and one comes: it is pending.
        machine.WriteConfig(FakeHostFunction.MsiPosition + 16, 2);
        vectors[1].Signal();
        Assert.Equal(2u, machine.ReadConfig(FakeHostFunction.MsiPosition + 20));
        Assert.Equal(0, vectors[1].Delivered);

        machine.WriteConfig(MsiControl, 0, 2);
        Assert.Empty(host.EventsOf(VfioInterruptKind.Msi));
        Assert.Single(host.EventsOf(VfioInterruptKind.Intx));
    }

    [Fact]
    public void Msi_GarbageControl_IsBounded()
    {
        Plug();
        machine.WriteConfig(MsiControl, 0xFFFF, 2);
        Assert.Equal(8, host.EventsOf(VfioInterruptKind.Msi).Length);
        Assert.Equal(0x1F7u, machine.ReadConfig(MsiControl, 2));
    }

    [Fact]
    public void Pin_Interrupts_LineIsAssertedUntilTheGuestTouchesARegister()
    {
        Plug();
        FakeLine wire = machine.Wires[Pci.PciHost.GetInterruptIndex(3, 1)];
        Signal(host.EventsOf(VfioInterruptKind.Intx)[0]);
        FakeMachine.Eventually(() => wire.Edges == 1);
        FakeMachine.Eventually(() =>
        {
            machine.Read(Bar + 0x1100);
            return !wire.Level;
        });
        FakeMachine.Eventually(() => host.Unmasks == 1);
    }

    [Fact]
    public void Pin_Interrupts_NobodyTouchesIt_IsLookedAtAgain()
    {
        Plug();
        FakeLine wire = machine.Wires[Pci.PciHost.GetInterruptIndex(3, 1)];
        for (int i = 1; i <= 3; i++)
        {
            Signal(host.EventsOf(VfioInterruptKind.Intx)[0]);
            FakeMachine.Eventually(() => host.Unmasks == i);
            Assert.Equal(i, wire.Edges);
            Assert.False(wire.Level);
        }
    }

    [Fact]
    public void Backoff_SameInterrupt_WaitsTwiceAsLong()
    {
        var backoff = default(IntxBackoff);
        long tick = Stopwatch.Frequency / 1000;
        long now = tick;
        Assert.Equal(1, backoff.OnInterrupt(now).TotalMilliseconds);
        for (int expected = 2; expected <= 64; expected *= 2)
        {
            backoff.OnLook(now);
            Assert.Equal(expected, backoff.OnInterrupt(now + (tick / 2)).TotalMilliseconds);
        }

        backoff.OnLook(now);
        Assert.Equal(64, backoff.OnInterrupt(now).TotalMilliseconds);
        Assert.Equal(1, backoff.OnInterrupt(now + (2 * tick)).TotalMilliseconds);
    }

    [Fact]
    public void HostRequest_IsRaisedOnce_ErrorAsFault()
    {
        VfioPciFunction function = Plug();
        int requests = 0;
        string? fault = null;
        function.RemovalRequested += _ => Interlocked.Increment(ref requests);
        function.Faulted += (_, text) => Volatile.Write(ref fault, text);
        Signal(host.EventsOf(VfioInterruptKind.Request)[0]);
        FakeMachine.Eventually(() => Volatile.Read(ref requests) == 1);
        Signal(host.EventsOf(VfioInterruptKind.Request)[0]);
        Signal(host.EventsOf(VfioInterruptKind.Error)[0]);
        FakeMachine.Eventually(() => Volatile.Read(ref fault) is not null);
        Assert.Contains(host.Path, fault, StringComparison.Ordinal);
        Assert.Equal(1, requests);
    }

    [Fact]
    public void Reset_DisablesMasterAndMessages_AndResetsTheHostsFunction()
    {
        VfioPciFunction function = Plug();
        Unmask(1);
        machine.WriteConfig(MsixControl, Enable, 2);
        machine.WriteConfig(4, 6, 2);

        machine.Bridge.Reset();

        Assert.Equal(0x3, host.Command);
        Assert.True(machine.Manager.WaitForResets(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, host.Resets);
        Assert.Empty(host.EventsOf(VfioInterruptKind.Msix));
        Assert.Single(host.EventsOf(VfioInterruptKind.Intx));
        Assert.Equal(0u, machine.ReadConfig(MsixControl, 2) & Enable);
        Assert.Empty(machine.Mappings);

        // What was unmasked before is forgotten.
        machine.WriteConfig(MsixControl, Enable, 2);
        Assert.All(host.EventsOf(VfioInterruptKind.Msix), fd => Assert.Equal(VfioDevice.NoEvent, fd));
        machine.Unplug(function);
        Assert.Equal(2, host.Resets);
    }

    [Fact]
    public void Reset_OnlyTheBusCan_NeedsAllGroups()
    {
        host.CanReset = false;
        host.HotResetGroups = [7];
        VfioPciFunction function = Plug();
        string? fault = null;
        function.Faulted += (_, text) => Volatile.Write(ref fault, text);
        machine.Bridge.Reset();
        Assert.True(function.WaitForReset(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, host.HotResets);
        Assert.Null(fault);

        host.HotResetGroups = [7, 8];
        machine.Bridge.Reset();
        Assert.True(function.WaitForReset(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, host.HotResets);
        Assert.Contains("cannot be reset", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Unplug_BusResetWouldHitANeighbour_LeavesItAlone()
    {
        host.CanReset = false;
        host.HotResetGroups = [7];
        FakeHostFunction other = machine.Host.AddFunction("0000:01:00.1");
        VfioPciFunction neighbour = machine.Manager.Open(other.Path, "neighbour", machine.Ram);
        machine.Unplug(Plug());
        Assert.Equal(0, host.HotResets);
        neighbour.Dispose();
    }

    [Fact]
    public void Unplug_TurnsEverythingOff()
    {
        VfioPciFunction function = Plug();
        machine.WriteConfig(MsixControl, Enable, 2);
        machine.WriteConfig(4, 6, 2);
        machine.Unplug(function);
        Assert.Empty(host.EventsOf(VfioInterruptKind.Msix));
        Assert.Empty(host.EventsOf(VfioInterruptKind.Intx));
        Assert.Equal(0x3, host.Command);
        Assert.Equal(1, host.Resets);
    }

    private static unsafe void Signal(int descriptor)
    {
        ulong one = 1;
        var borrowed = new FileDescriptor(descriptor);
        Assert.Equal(8, Libc.write(borrowed, &one, 8));
        borrowed.SetHandleAsInvalid();
    }

    private VfioPciFunction Plug()
    {
        VfioPciFunction function = machine.Plug(host);
        machine.WriteConfig(0x10, 0);
        machine.WriteConfig(0x14, (uint)(Bar >> 32));
        machine.WriteConfig(4, 2, 2);
        return function;
    }

    private void Unmask(int vector)
    {
        ulong entry = Bar + FakeHostFunction.TableOffset + (16UL * (uint)vector);
        machine.Write(entry, 0xFEE0_0000);
        machine.Write(entry + 8, (uint)(0x20 + vector));
        machine.Write(entry + 12, 0);
    }
}
