using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

/// <summary>A guest that writes anything anywhere, on two processors, while functions come and go.</summary>
public sealed class HostileGuestTests
{
    private const int Accesses = 60_000;
    private const int Ports = 4;

    private readonly FakeMachine machine = new();
    private readonly List<PcieRootPort> ports = [];
    private readonly List<TestFunction> all = [];

    public HostileGuestTests()
    {
        for (int i = 0; i < Ports; i++)
        {
            var port = new PcieRootPort(new PcieRootPortOptions { SlotNumber = i, HasPowerController = i % 2 == 1 }, new SlotHost());
            machine.Bridge.Bus.Add(port, i + 1);
            ports.Add(port);
        }

        PciResources.AssignAll(machine.Bridge);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public async Task Accesses_WhileFunctionsComeAndGo_StayInside(int seed)
    {
        Task[] guests = [.. Enumerable.Range(0, 2).Select(i => Task.Run(() => Guest(FuzzSeed.Create((100 * seed) + i)), TestContext.Current.CancellationToken))];
        Task finished = Task.WhenAll(guests);
        var random = FuzzSeed.Create(seed);
        while (!finished.IsCompleted)
        {
            Shuffle(random);
        }

        await finished;
        RemoveAll();
        Assert.All(all, function => Assert.Empty(function.Mapped));
        Assert.All(all, function => Assert.False(function.Registers.EnteredClosed));
        Assert.Single(machine.Memory.Ranges);
        Assert.Single(machine.Ports.Ranges);
        Assert.All(machine.Wires, wire => Assert.False(wire.Level));
        Assert.All(machine.Vectors, vector => Assert.True(vector.IsDisposed));
    }

    private void Shuffle(Random random)
    {
        int device = random.Next(1 + Ports, 12);
        if (random.Next(2) == 0)
        {
            if (machine.Bridge.Bus.Find(device, 0) is TestFunction present)
            {
                machine.Bridge.Bus.Remove(present);
                present.Dispose();
            }
            else
            {
                TestFunction function = Make();
                machine.Bridge.Bus.Add(function, device);
                TryAssign(function);
                function.SetInterrupt(true);
            }

            return;
        }

        PcieRootPort port = ports[random.Next(Ports)];
        if (!port.IsOccupied)
        {
            port.Insert(Make());
        }
        else if (random.Next(3) == 0)
        {
            port.RequestRemoval();
            port.CancelRemoval();
        }
        else
        {
            DisposeAll(port.Remove());
        }
    }

    private void TryAssign(TestFunction function)
    {
        try
        {
            PciResources.Assign(machine.Bridge, function);
        }
        catch (PciResourceException)
        {
            // The guest has put bridges' windows over everything; it harms itself.
        }
    }

    private TestFunction Make()
    {
        var function = new TestFunction { Windows = machine.Bridge.Windows };
        all.Add(function);
        return function;
    }

    private void RemoveAll()
    {
        foreach (PcieRootPort port in ports)
        {
            DisposeAll(port.Remove());
            machine.Bridge.Bus.Remove(port);
            port.Dispose();
        }

        foreach (TestFunction function in machine.Bridge.Bus.Functions.OfType<TestFunction>())
        {
            machine.Bridge.Bus.Remove(function);
            function.Dispose();
        }
    }

    private static void DisposeAll(IEnumerable<PciFunction> functions)
    {
        foreach (PciFunction function in functions)
        {
            function.Dispose();
        }
    }

    private void Guest(Random random)
    {
        for (int i = 0; i < Accesses; i++)
        {
            int width = 1 << random.Next(4);
            (ulong address, ulong value) = Choose(random);
            switch (random.Next(8))
            {
                case 0:
                    machine.Guest.Out(0xCF8, 0x8000_0000 | (uint)random.Next(0x6000), 4);
                    machine.Guest.Out(0xCF8 + (ulong)random.Next(8), (uint)random.Next(), Math.Min(width, 4));
                    break;
                case 1:
                    _ = machine.Guest.In(0xCF8 + (ulong)random.Next(8), Math.Min(width, 4));
                    break;
                case < 4:
                    _ = machine.Guest.ReadMemory(address, width);
                    break;
                default:
                    machine.Guest.WriteMemory(address, value, width);
                    break;
            }
        }
    }

    private static (ulong Address, ulong Value) Choose(Random random)
    {
        int bus = random.Next(3) == 0 ? random.Next(6) : 0;
        int device = bus == 0 ? random.Next(14) : random.Next(2);
        return random.Next(7) switch
        {
            // BARs, command and bridge windows with plausible values, so that much is mapped and overlaps.
            0 => (GuestPci.EcamOf(bus, device, 0, 0x10 + (4 * random.Next(6))), FakeMachine.Mmio32 + (ulong)(random.Next(16) * 0x1000)),
            1 => (GuestPci.EcamOf(bus, device, 0, 0x10), 0x10_0000_0000ul + (ulong)(random.Next(16) * 0x2000)),
            2 => (GuestPci.EcamOf(bus, device, 0, 0x04), (ulong)random.Next(0x800)),
            3 => (GuestPci.EcamOf(bus, device, 0, random.Next(0x1000)), (ulong)random.NextInt64()),
            4 => (GuestPci.EcamOf(0, random.Next(1, 1 + Ports), 0, 0x3E), (ulong)random.Next(2) << 6),
            5 => (FakeMachine.Mmio32 + (ulong)random.Next(0x20_0000), (ulong)random.NextInt64()),
            _ => (FakeMachine.Mmio64 + (ulong)random.Next(0x20_0000), (ulong)random.NextInt64()),
        };
    }
}
