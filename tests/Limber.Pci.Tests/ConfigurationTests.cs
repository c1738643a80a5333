using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

/// <summary>Both configuration mechanisms, and what a write does to each kind of bit.</summary>
public sealed class ConfigurationTests
{
    private const ulong AddressPort = 0xCF8;
    private const ulong DataPort = 0xCFC;

    private readonly FakeMachine machine = new();

    [Fact]
    public void Ecam_AllWidths_ReadTheSameRegister()
    {
        machine.Bridge.Bus.Add(new TestFunction(), 3);
        ulong address = GuestPci.EcamOf(0, 3, 0, 0);

        Assert.Equal(0x1041_1AF4u, machine.Guest.Read(0, 3, 0));
        Assert.Equal(0x1041u, machine.Guest.Read(0, 3, 2, 2));
        Assert.Equal(0x10u, machine.Guest.Read(0, 3, 3, 1));
        Assert.Equal(0x0010_0000_1041_1AF4ul, machine.Guest.ReadMemory(address, 8));
        Assert.Equal(0x411Au, machine.Guest.Read(0, 3, 1, 2));
    }

    [Fact]
    public void Ports_AllWidths_ReadTheSameRegister()
    {
        machine.Bridge.Bus.Add(new TestFunction(), 3);
        machine.Guest.Out(AddressPort, 0x8000_1800, 4);

        Assert.Equal(0x8000_1800u, machine.Guest.In(AddressPort, 4));
        Assert.Equal(0x1041_1AF4u, machine.Guest.In(DataPort, 4));
        Assert.Equal(0x1041u, machine.Guest.In(DataPort + 2, 2));
        Assert.Equal(0x10u, machine.Guest.In(DataPort + 3, 1));
    }

    [Fact]
    public void Ports_ByteWriteNearTheAddress_ChangesNothing()
    {
        machine.Guest.Out(AddressPort, 0x8000_0000, 4);
        machine.Guest.Out(AddressPort + 3, 0x01, 1);
        machine.Guest.Out(AddressPort + 1, 0x06, 1);

        Assert.Equal(0x8000_0000u, machine.Guest.In(AddressPort, 4));
        Assert.Equal(0x0008_1B36u, machine.Guest.In(DataPort, 4));
    }

    [Fact]
    public void Ports_WithoutEnable_AnswerOnes()
    {
        machine.Guest.Out(AddressPort, 0x0000_0000, 4);

        Assert.Equal(uint.MaxValue, machine.Guest.In(DataPort, 4));
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(1, 0)]
    [InlineData(255, 31)]
    public void AbsentFunction_AnswersOnes(int bus, int device)
    {
        Assert.Equal(uint.MaxValue, machine.Guest.Read(bus, device, 0));
        Assert.Equal(0xFFFFu, machine.Guest.Read(bus, device, 0x2C, 2));
        machine.Guest.Write(bus, device, 0x04, 7, 2);
    }

    [Fact]
    public void ReadOnlyRegisters_Written_Keep()
    {
        machine.Bridge.Bus.Add(new TestFunction(), 3);
        for (int register = 0; register < 0x100; register += 4)
        {
            machine.Guest.Write(0, 3, register, uint.MaxValue);
        }

        Assert.Equal(0x1041_1AF4u, machine.Guest.Read(0, 3, 0));
        Assert.Equal(0x0200_0001u, machine.Guest.Read(0, 3, 8));
        Assert.Equal(0x1100_1AF4u, machine.Guest.Read(0, 3, 0x2C));
        Assert.Equal(0x0547u, machine.Guest.Read(0, 3, 4, 2));
        Assert.Equal(0x40u, machine.Guest.Read(0, 3, 0x34, 1));
    }

    [Fact]
    public void Status_WriteOfOnes_ClearsErrorsOnly()
    {
        var function = new TestFunction();
        machine.Bridge.Bus.Add(function, 3);
        function.Config.Change(0x06, 0, 0x8100);

        machine.Guest.Write(0, 3, 0x06, 0x0100, 2);
        Assert.Equal(0x8010u, machine.Guest.Read(0, 3, 0x06, 2));
        machine.Guest.Write(0, 3, 0x04, 0xFFFF_0000);
        Assert.Equal(0x0010u, machine.Guest.Read(0, 3, 0x06, 2));
    }

    [Fact]
    public void AddressOfFunction_IsWhereItWasAdded()
    {
        var function = new TestFunction();
        Assert.Null(function.Address);
        machine.Bridge.Bus.Add(function, 31, 7);

        Assert.Equal("0000:00:1f.7", function.Address?.ToString());
    }

    [Fact]
    public void SeveralFunctions_SetTheMultifunctionBit()
    {
        var first = new TestFunction();
        var second = new TestFunction();
        machine.Bridge.Bus.Add(second, 3, 1);
        machine.Bridge.Bus.Add(first, 3, 0);
        Assert.Equal(0x80u, machine.Guest.Read(0, 3, 0x0E, 1));
        first.Reset();
        Assert.Equal(0x80u, machine.Guest.Read(0, 3, 0x0E, 1));

        machine.Bridge.Bus.Remove(second);

        Assert.Equal(0u, machine.Guest.Read(0, 3, 0x0E, 1));
    }

    [Fact]
    public void Add_WithoutVectorsLeft_ChangesNothing()
    {
        var poor = new FakeMachine { VectorLimit = 2 };
        var function = new TestFunction();

        Assert.Throws<Interop.HostException>(() => poor.Bridge.Bus.Add(function, 3));

        Assert.Equal(uint.MaxValue, poor.Guest.Read(0, 3, 0));
        Assert.All(poor.Vectors, vector => Assert.True(vector.IsDisposed));
        function.Dispose();
    }

    [Fact]
    public void Capabilities_BeyondTheirRoom_Throw()
    {
        var config = new PciConfigSpace();
        Assert.Equal(0x40, config.AddCapability(9, new byte[0x9E], []));
        Assert.Equal(0xE0, config.AddCapability(9, new byte[0x1E], []));
        Assert.Throws<System.InvalidOperationException>(() => config.AddCapability(9, [0], []));
        Assert.Equal(0x100, config.AddExtendedCapability(3, 1, new byte[0xE00], []));
        Assert.Equal(0xF04, config.AddExtendedCapability(4, 1, new byte[0xF8], []));
        Assert.Equal(0xF041_0003u, config.GetUInt32(0x100));
        Assert.Throws<System.InvalidOperationException>(() => config.AddExtendedCapability(5, 1, [0], []));
    }
}
