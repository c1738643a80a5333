using System.Linq;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

public sealed class PciBarTests
{
    private const uint MemoryOn = 0x2;
    private const uint IoOn = 0x1;

    private readonly FakeMachine machine = new();

    [Fact]
    public void Sizing_AllKinds_AnswersSizeAndFlags()
    {
        machine.Bridge.Bus.Add(new TestFunction(), 3);
        foreach (int register in new[] { 0x10, 0x14, 0x18, 0x20 })
        {
            machine.Guest.Write(0, 3, register, uint.MaxValue);
        }

        Assert.Equal(0xFFFF_C00Cu, machine.Guest.Read(0, 3, 0x10));
        Assert.Equal(0xFFFF_FFFFu, machine.Guest.Read(0, 3, 0x14));
        Assert.Equal(0xFFFF_FFE1u, machine.Guest.Read(0, 3, 0x18));
        Assert.Equal(0u, machine.Guest.Read(0, 3, 0x1C));
        Assert.Equal(0xFFFF_F000u, machine.Guest.Read(0, 3, 0x20));
        Assert.Equal(0u, machine.Guest.Read(0, 3, 0x24));
    }

    [Fact]
    public void Move_WhileDecoding_AnswersAtTheNewAddressOnly()
    {
        TestFunction function = Plug(3, FakeMachine.Mmio64);
        machine.Guest.WriteMemory(FakeMachine.Mmio64 + 8, 0x5A, 1);
        Assert.Equal(0x5Au, machine.Guest.ReadMemory(FakeMachine.Mmio64, 1));

        machine.Guest.Write(0, 3, 0x10, 0x0010_0000);

        Assert.Equal(FakeMachine.Mmio64 + 0x10_0000, function.Mapped[0]);
        Assert.Equal(0xFFu, machine.Guest.ReadMemory(FakeMachine.Mmio64, 1));
        Assert.Equal(0x5Au, machine.Guest.ReadMemory(FakeMachine.Mmio64 + 0x10_0000, 1));
    }

    [Fact]
    public void Decoding_Off_TakesAllBarsAway()
    {
        TestFunction function = Plug(3, FakeMachine.Mmio64);
        machine.Guest.Write(0, 3, 0x18, 0x1000);
        machine.Guest.Write(0, 3, 0x04, MemoryOn | IoOn, 2);
        Assert.Equal([0, 2], function.Mapped.Keys.Order());

        machine.Guest.Write(0, 3, 0x04, 0, 2);

        Assert.Empty(function.Mapped);
        Assert.Single(machine.Ports.Ranges);
        Assert.Single(machine.Memory.Ranges);
    }

    [Fact]
    public void Overlap_OfTwoFunctions_FirstAnswersThenTheOther()
    {
        TestFunction first = Plug(3, FakeMachine.Mmio64);
        TestFunction second = Plug(4, FakeMachine.Mmio64);
        Assert.True(first.Mapped.ContainsKey(0));
        Assert.Empty(second.Mapped);

        machine.Guest.Write(0, 3, 0x10, 0x0100_0000);

        Assert.Equal(FakeMachine.Mmio64, second.Mapped[0]);
        Assert.Equal(FakeMachine.Mmio64 + 0x0100_0000, first.Mapped[0]);
    }

    [Fact]
    public void Overlap_EndsWithRemoval_OtherAnswers()
    {
        TestFunction first = Plug(3, FakeMachine.Mmio64);
        TestFunction second = Plug(4, FakeMachine.Mmio64);

        machine.Bridge.Bus.Remove(first);

        Assert.Empty(first.Mapped);
        Assert.Equal(FakeMachine.Mmio64, second.Mapped[0]);
    }

    [Theory]
    [InlineData(0x0UL)]
    [InlineData(0x10_0000UL)]
    [InlineData(0xBFFF_C000UL)]
    [InlineData(0xE000_0000UL)]
    [InlineData(0xFEC0_0000UL)]
    [InlineData(0x1_0000_0000UL)]
    [InlineData(0xFFFF_FFFF_FFFF_C000UL)]
    public void Address_OutsideTheWindows_NeverAnswers(ulong address)
    {
        TestFunction function = Plug(3, address);

        Assert.Empty(function.Mapped);
        Assert.Single(machine.Memory.Ranges);
    }

    [Fact]
    public void Remove_LeavesNothingBehind()
    {
        TestFunction function = Plug(3, FakeMachine.Mmio64);

        machine.Bridge.Bus.Remove(function);
        function.Dispose();

        Assert.Equal(uint.MaxValue, machine.Guest.Read(0, 3, 0));
        Assert.Single(machine.Memory.Ranges);
        Assert.All(machine.Vectors, vector => Assert.True(vector.IsDisposed));
        Assert.Null(function.Address);
        Assert.False(function.Registers.EnteredClosed);
    }

    private TestFunction Plug(int device, ulong address)
    {
        var function = new TestFunction();
        machine.Bridge.Bus.Add(function, device);
        machine.Guest.Write(0, device, 0x10, unchecked((uint)address));
        machine.Guest.Write(0, device, 0x14, (uint)(address >> 32));
        machine.Guest.Write(0, device, 0x04, MemoryOn, 2);
        return function;
    }
}
