using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Device;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests.Conformance;

/// <summary>
/// What every PCI function must hold; a function inherits it and says how it is made. It needs the public interface only:
/// another test project links this folder and Fakes.
/// </summary>
public abstract class PciFunctionConformance
{
    private const int Slot = 3;
    private const int FuzzAccesses = 50_000;

    /// <summary>A new function that has never been on a bus.</summary>
    protected abstract PciFunction Create();

    [Fact]
    public void Capabilities_FormListsThatEnd()
    {
        (FakeMachine machine, PciFunction function) = Plug();
        if ((machine.Guest.Read(0, Slot, 0x06, 2) & 0x10) != 0)
        {
            var seen = new HashSet<uint>();
            for (uint at = machine.Guest.Read(0, Slot, 0x34, 1); at != 0; at = machine.Guest.Read(0, Slot, (int)at + 1, 1))
            {
                Assert.InRange(at, 0x40u, 0xFCu);
                Assert.Equal(0u, at & 3);
                Assert.True(seen.Add(at));
            }
        }

        var extended = new HashSet<uint>();
        for (uint at = 0x100; at != 0 && machine.Guest.Read(0, Slot, (int)at) != 0; at = machine.Guest.Read(0, Slot, (int)at) >> 20)
        {
            Assert.InRange(at, 0x100u, 0xFFCu);
            Assert.True(extended.Add(at));
        }

        Unplug(machine, function);
    }

    [Fact]
    public void Identity_WrittenByTheGuest_Keeps()
    {
        (FakeMachine machine, PciFunction function) = Plug();
        uint identity = machine.Guest.Read(0, Slot, 0);
        uint kind = machine.Guest.Read(0, Slot, 8);
        Assert.NotEqual(0xFFFFu, identity & 0xFFFF);
        machine.Guest.Write(0, Slot, 0, 0);
        machine.Guest.Write(0, Slot, 8, 0);

        Assert.Equal(identity, machine.Guest.Read(0, Slot, 0));
        Assert.Equal(kind, machine.Guest.Read(0, Slot, 8));
        Unplug(machine, function);
    }

    [Fact]
    public void Bars_Assigned_AnswerWhileDecodingIsOn()
    {
        (FakeMachine machine, PciFunction function) = Plug();
        PciResources.Assign(machine.Bridge, function);
        Assert.Equal(2, RangeCount(machine));
        machine.Guest.Write(0, Slot, 0x04, 0x7, 2);
        Assert.Equal(2 + CountBars(machine), RangeCount(machine));

        machine.Guest.Write(0, Slot, 0x04, 0, 2);

        Assert.Equal(2, RangeCount(machine));
        Unplug(machine, function);
    }

    [Fact]
    public void Reset_AfterDisturbance_EqualsFresh()
    {
        (FakeMachine machine, PciFunction function) = Plug();
        byte[] fresh = Observe(machine);
        Disturb(machine, new Random(7));
        function.Reset();
        Assert.Equal(fresh, Observe(machine));
        function.Reset();

        Assert.Equal(fresh, Observe(machine));
        Assert.Equal(2, RangeCount(machine));
        Assert.False(function.BusMasterEnabled);
        Unplug(machine, function);
    }

    [Fact]
    public void Remove_LeavesNothingBehind()
    {
        (FakeMachine machine, PciFunction function) = Plug();
        PciResources.Assign(machine.Bridge, function);
        machine.Guest.Write(0, Slot, 0x04, 0x7, 2);

        Unplug(machine, function);

        Assert.Equal(uint.MaxValue, machine.Guest.Read(0, Slot, 0));
        Assert.Equal(2, RangeCount(machine));
        Assert.All(machine.Vectors, vector => Assert.True(vector.IsDisposed));
        Assert.All(machine.Wires, wire => Assert.False(wire.Level));
    }

    [Fact]
    public void Reads_TenThousandTimes_AllocateNothing()
    {
        (FakeMachine machine, PciFunction function) = Plug();
        ReadAll(machine);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            ReadAll(machine);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Unplug(machine, function);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Access_Random_NeverThrows(int seed)
    {
        (FakeMachine machine, PciFunction function) = Plug();
        var random = FuzzSeed.Create(seed);
        for (int round = 0; round < 10; round++)
        {
            function.Reset();
            PciResources.Assign(machine.Bridge, function);
            machine.Guest.Write(0, Slot, 0x04, 0x7, 2);
            RandomBarAccesses(machine, random);
            Disturb(machine, random);
        }

        Unplug(machine, function);
        Assert.Equal(2, RangeCount(machine));
    }

    private static int RangeCount(FakeMachine machine) => machine.Memory.Ranges.Count + machine.Ports.Ranges.Count;

    private static void ReadAll(FakeMachine machine)
    {
        for (int register = 0; register < 4096; register += 4)
        {
            _ = machine.Guest.Read(0, Slot, register);
        }
    }

    private static byte[] Observe(FakeMachine machine) =>
        [.. Enumerable.Range(0, 4096).Select(register => (byte)machine.Guest.Read(0, Slot, register, 1))];

    private static void Disturb(FakeMachine machine, Random random)
    {
        for (int i = 0; i < FuzzAccesses / 10; i++)
        {
            int width = 1 << random.Next(4);
            int register = random.Next(4) == 0 ? random.Next(0x1000) : random.Next(0x100);
            ulong address = GuestPci.EcamOf(0, Slot, 0, register);
            if (random.Next(2) == 0)
            {
                _ = machine.Guest.ReadMemory(address, width);
            }
            else
            {
                machine.Guest.WriteMemory(address, (ulong)random.NextInt64(), width);
            }
        }
    }

    private static void RandomBarAccesses(FakeMachine machine, Random random)
    {
        IoRange[] ranges = [.. machine.Memory.Ranges.Where(range => range.Start != FakeMachine.Ecam)];
        for (int i = 0; ranges.Length != 0 && i < FuzzAccesses / 10; i++)
        {
            IoRange range = ranges[random.Next(ranges.Length)];
            ulong address = range.Start + (ulong)random.NextInt64((long)Math.Min(range.Length, 0x10_0000));
            int width = 1 << random.Next(4);
            if (random.Next(2) == 0)
            {
                _ = machine.Guest.ReadMemory(address, width);
            }
            else
            {
                machine.Guest.WriteMemory(address, (ulong)random.NextInt64(), width);
            }
        }
    }

    // By sizing, as a guest counts them.
    private static int CountBars(FakeMachine machine)
    {
        bool bridge = (machine.Guest.Read(0, Slot, 0x0E, 1) & 0x7F) == 1;
        int end = bridge ? 0x18 : 0x28;
        int count = 0;
        for (int register = 0x10; register < end; register += 4)
        {
            uint value = machine.Guest.Read(0, Slot, register);
            if (value != 0)
            {
                count++;
                register += (value & 0x5) == 0x4 ? 4 : 0;
            }
        }

        return count;
    }

    private static void Unplug(FakeMachine machine, PciFunction function)
    {
        machine.Bridge.Bus.Remove(function);
        function.Dispose();
        function.Dispose();
    }

    private (FakeMachine Machine, PciFunction Function) Plug()
    {
        var machine = new FakeMachine();
        PciFunction function = Create();
        machine.Bridge.Bus.Add(function, Slot);
        return (machine, function);
    }
}
