using Limber.Device;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

/// <summary>MSI-X and the interrupt pin.</summary>
public sealed class InterruptTests
{
    private const ulong Table = FakeMachine.Mmio32;
    private const ulong PendingBits = Table + 0x800;

    private readonly FakeMachine machine = new();
    private readonly TestFunction function = new();
    private readonly int control;

    public InterruptTests()
    {
        machine.Bridge.Bus.Add(function, 3);
        machine.Guest.Write(0, 3, 0x20, (uint)Table);
        machine.Guest.Write(0, 3, 0x04, 0x6, 2);
        control = (int)machine.Guest.Read(0, 3, 0x34, 1) + 2;
    }

    private FakeVector Vector => machine.Vectors[1];

    [Fact]
    public void Signal_BeforeMsixIsEnabled_IsDropped()
    {
        Program(1);
        function.Msix.Signal(1);
        Enable(0x8000);

        Assert.Equal(0, Vector.Delivered);
    }

    [Fact]
    public void Signal_EnabledAndUnmasked_DeliversTheMessage()
    {
        Program(1);
        Enable(0x8000);

        function.Msix.Signal(1);

        Assert.Equal(1, Vector.Delivered);
        Assert.Equal(new MsiMessage(0x1_FEE0_1000, 0x41), Vector.Message);
        Assert.False(machine.Vectors[0].IsUnmasked);
    }

    [Fact]
    public void Signal_WhileVectorMasked_IsPendingUntilUnmasked()
    {
        Program(1);
        Enable(0x8000);
        machine.Guest.WriteMemory(Table + 16 + 12, 1);
        function.Msix.Signal(1);
        function.Msix.Signal(1);
        Assert.Equal(0, Vector.Delivered);
        Assert.Equal(2ul, machine.Guest.ReadMemory(PendingBits, 8));

        machine.Guest.WriteMemory(Table + 16 + 12, 0);

        Assert.Equal(1, Vector.Delivered);
        Assert.Equal(0ul, machine.Guest.ReadMemory(PendingBits, 8));
    }

    [Fact]
    public void Signal_WhileFunctionMasked_IsPendingUntilUnmasked()
    {
        Program(1);
        Enable(0xC000);
        function.Msix.Signal(1);
        Assert.Equal(0, Vector.Delivered);
        Assert.Equal(2ul, machine.Guest.ReadMemory(PendingBits));

        Enable(0x8000);

        Assert.Equal(1, Vector.Delivered);
    }

    [Fact]
    public void Message_ChangedWhileUnmasked_IsUsedFromThen()
    {
        Program(1);
        Enable(0x8000);

        machine.Guest.WriteMemory(Table + 16, 0xFEE0_2003);
        function.Msix.Signal(1);

        Assert.Equal(new MsiMessage(0x1_FEE0_2000, 0x41), Vector.Message);
    }

    [Fact]
    public void Table_AfterReset_IsMaskedAndDisabled()
    {
        Program(1);
        Enable(0x8000);
        int changes = 0;
        function.Msix.Changed += () => changes++;

        function.Reset();

        Assert.False(function.Msix.IsEnabled);
        Assert.False(Vector.IsUnmasked);
        Assert.Equal(1, changes);
        Assert.Equal(3u, machine.Guest.Read(0, 3, control, 2));
    }

    [Theory]
    [InlineData(0ul, 1)]
    [InlineData(0ul, 2)]
    [InlineData(2ul, 4)]
    [InlineData(4ul, 8)]
    [InlineData(64ul, 4)]
    public void Table_OddAccess_IsRefused(ulong offset, int width) =>
        Assert.NotEqual(IoStatus.Ok, machine.Guest.WriteMemory(Table + offset, 0, width));

    [Fact]
    public void Signal_OfNoVector_DoesNothing()
    {
        Enable(0x8000);
        function.Msix.Signal(-1);
        function.Msix.Signal(TestFunction.Vectors);

        Assert.All(machine.Vectors, vector => Assert.Equal(0, vector.Delivered));
    }

    [Fact]
    public void Pin_DrivesTheWireOfItsSlot()
    {
        function.SetInterrupt(true);
        Assert.Equal([false, false, false, true], Levels());
        Assert.Equal(0x18u, machine.Guest.Read(0, 3, 0x06, 2));

        function.SetInterrupt(false);
        Assert.Equal([false, false, false, false], Levels());
    }

    [Fact]
    public void Pin_Disabled_IsSilentButTellsStatus()
    {
        function.SetInterrupt(true);
        machine.Guest.Write(0, 3, 0x04, 0x0400, 2);
        Assert.Equal([false, false, false, false], Levels());
        Assert.Equal(0x18u, machine.Guest.Read(0, 3, 0x06, 2));

        machine.Guest.Write(0, 3, 0x04, 0, 2);
        Assert.Equal([false, false, false, true], Levels());
    }

    [Fact]
    public void Pin_SharedWire_StaysUntilTheLastIsSilent()
    {
        var other = new TestFunction();
        machine.Bridge.Bus.Add(other, 7);
        function.SetInterrupt(true);
        other.SetInterrupt(true);
        function.SetInterrupt(false);
        Assert.True(machine.Wires[3].Level);

        machine.Bridge.Bus.Remove(other);

        Assert.False(machine.Wires[3].Level);
    }

    private bool[] Levels() => [.. System.Linq.Enumerable.Select(machine.Wires, wire => wire.Level)];

    private void Enable(uint value) => machine.Guest.Write(0, 3, control, value, 2);

    private void Program(int vector)
    {
        ulong entry = Table + ((ulong)vector * 16);
        machine.Guest.WriteMemory(entry, 0x1_FEE0_1000, 8);
        machine.Guest.WriteMemory(entry + 8, 0x41);
        machine.Guest.WriteMemory(entry + 12, 0);
    }
}
