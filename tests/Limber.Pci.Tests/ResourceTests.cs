using System.Collections.Generic;
using System.Linq;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

public sealed class ResourceTests
{
    private readonly FakeMachine machine = new();
    private readonly SlotHost slots = new();

    [Fact]
    public void AssignAll_NothingOverlaps_AllIsAligned()
    {
        for (int device = 1; device < 20; device++)
        {
            machine.Bridge.Bus.Add(device % 3 == 0 ? Port(device) : new TestFunction($"f{device}"), device);
        }

        PciResources.AssignAll(machine.Bridge);

        var spans = new List<(ulong Start, ulong Last)>();
        foreach (PciFunction function in machine.Bridge.Bus.Functions)
        {
            machine.Guest.Write(0, function.Address!.Value.Device, 0x04, 0x7, 2);
            foreach (PciBar bar in function.Bars)
            {
                Assert.Equal(0ul, bar.ReadAddress() % bar.Size);
                Assert.NotNull(bar.Mapped);
                spans.Add((bar.ReadAddress(), bar.ReadAddress() + bar.Size - 1));
            }

            if (function is PciBridge bridge)
            {
                BridgeWindows windows = bridge.Windows;
                Assert.Equal(PciResources.PortMemory32, windows.MemoryLimit - windows.MemoryBase + 1);
                Assert.True(windows.PrefetchableLimit - windows.PrefetchableBase + 1 >= 0x1_0000_0000);
                Assert.True(windows.IoLimit < windows.IoBase);
                spans.Add((windows.MemoryBase, windows.MemoryLimit));
                spans.Add((windows.PrefetchableBase, windows.PrefetchableLimit));
            }
        }

        spans.Sort();
        Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.True(pair.First.Last < pair.Second.Start));
        Assert.Equal(0, machine.GuestErrors);
    }

    [Fact]
    public void AssignAll_DeviceBehindPort_AnswersThroughItsWindows()
    {
        PcieRootPort port = Port(2);
        machine.Bridge.Bus.Add(port, 2);
        var function = new TestFunction();
        port.Insert(function);

        PciResources.AssignAll(machine.Bridge);
        machine.Guest.Write(1, 0, 0x04, 0x7, 2);
        Assert.Empty(function.Mapped);
        machine.Guest.Write(0, 2, 0x04, 0x7, 2);

        Assert.Equal([0, 2, 4], function.Mapped.Keys.Order());
        Assert.Equal("0000:01:00.0", function.Address.ToString());
        machine.Guest.Write(0, 2, 0x24, 0x0001_FFF1);
        Assert.Equal([2, 4], function.Mapped.Keys.Order());
    }

    [Fact]
    public void AssignAll_Twice_IsTheSame()
    {
        machine.Bridge.Bus.Add(Port(1), 1);
        machine.Bridge.Bus.Add(new TestFunction(), 2);
        PciResources.AssignAll(machine.Bridge);
        uint[] first = Registers();

        machine.Bridge.Reset();
        PciResources.AssignAll(machine.Bridge);

        Assert.Equal(first, Registers());
    }

    [Fact]
    public void Assign_HotPlugged_AvoidsWhereTheGuestMovedOthers()
    {
        var first = new TestFunction();
        machine.Bridge.Bus.Add(first, 1);
        PciResources.AssignAll(machine.Bridge);
        ulong original = first.Bars[0].ReadAddress();
        machine.Guest.Write(0, 1, 0x10, unchecked((uint)(original + 0x4000)));
        var second = new TestFunction();
        machine.Bridge.Bus.Add(second, 2);

        PciResources.Assign(machine.Bridge, second);
        Assert.Equal(original, second.Bars[0].ReadAddress());
        var third = new TestFunction();
        machine.Bridge.Bus.Add(third, 3);
        PciResources.Assign(machine.Bridge, third);
        Assert.Equal(original + 0x8000, third.Bars[0].ReadAddress());

        // What a removed function had is free.
        machine.Bridge.Bus.Remove(first);
        var fourth = new TestFunction();
        machine.Bridge.Bus.Add(fourth, 4);
        PciResources.Assign(machine.Bridge, fourth);
        Assert.Equal(original + 0x4000, fourth.Bars[0].ReadAddress());
    }

    [Fact]
    public void AssignAll_MorePortsThanBuses_SaysSo()
    {
        var other = new FakeMachine();
        other.Bridge.Dispose();
        var small = new PciHostBridge(other.Host, other.Bridge.Windows with { BusCount = 2 }, firstInterrupt: 16);
        small.Bus.Add(Port(1), 1);
        PciResources.AssignAll(small);
        small.Bus.Add(Port(2), 2);

        Assert.Contains("2 buses", Assert.Throws<PciResourceException>(() => PciResources.AssignAll(small)).Message, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Assign_WithoutRoom_SaysWhatAndChangesNothing()
    {
        var hog = new TestFunction();
        machine.Bridge.Bus.Add(hog, 1);
        var giant = new LargeFunction(1UL << 40);
        machine.Bridge.Bus.Add(giant, 2);

        PciResourceException error = Assert.Throws<PciResourceException>(() => PciResources.Assign(machine.Bridge, giant));

        Assert.Contains("BAR 0", error.Message, System.StringComparison.Ordinal);
        Assert.Equal(0ul, giant.Bars[0].ReadAddress());
    }

    private PcieRootPort Port(int number) => new(new PcieRootPortOptions { PortNumber = (byte)number, SlotNumber = number }, slots);

    private uint[] Registers() =>
        [.. Enumerable.Range(1, 2).SelectMany(device => Enumerable.Range(0, 64).Select(i => machine.Guest.Read(0, device, 4 * i)))];

    private sealed class LargeFunction : PciFunction
    {
        public LargeFunction(ulong size)
            : base(new PciIdentity(0x1AF4, 0x1041, 0x020000, 1, 0, 0)) =>
            AddBar(0, PciBarKind.Prefetchable64, size, new ScratchRegisters());
    }
}
