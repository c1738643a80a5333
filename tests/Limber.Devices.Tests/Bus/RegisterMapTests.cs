using System;
using System.Collections.Generic;
using Limber.Device;

namespace Limber.Devices.Tests.Bus;

public sealed class RegisterMapTests
{
    // 0 A 1B | 1 B 1B | 2 C 2B partial | 4 D 4B | 8 E 1B read, F 1B write | 9..11 hole | 12 G 4B read partial | 16 H 8B partial
    private static readonly RegisterMap<char> Map = new(
        24,
        new('A', 0, 1, RegisterAccess.ReadWrite),
        new('B', 1, 1, RegisterAccess.ReadWrite),
        new('C', 2, 2, RegisterAccess.ReadWrite | RegisterAccess.Partial),
        new('D', 4, 4, RegisterAccess.ReadWrite),
        new('E', 8, 1, RegisterAccess.Read),
        new('F', 8, 1, RegisterAccess.Write),
        new('G', 12, 4, RegisterAccess.Read | RegisterAccess.Partial),
        new('H', 16, 8, RegisterAccess.ReadWrite | RegisterAccess.Partial));

    private readonly Registers file = new();

    [Theory]
    [InlineData(0, 1, IoStatus.Ok, "A")]
    [InlineData(0, 2, IoStatus.Ok, "AB")]
    [InlineData(0, 4, IoStatus.Ok, "ABC")]
    [InlineData(0, 8, IoStatus.Ok, "ABCD")]
    [InlineData(3, 1, IoStatus.Ok, "C")]
    [InlineData(1, 2, IoStatus.Unaligned, "")]
    [InlineData(3, 2, IoStatus.Unaligned, "")]
    [InlineData(4, 4, IoStatus.Ok, "D")]
    [InlineData(4, 2, IoStatus.InvalidWidth, "")]
    [InlineData(5, 1, IoStatus.Unaligned, "")]
    [InlineData(6, 4, IoStatus.Unaligned, "")]
    [InlineData(8, 1, IoStatus.Ok, "E")]
    [InlineData(8, 2, IoStatus.InvalidRegister, "")]
    [InlineData(9, 1, IoStatus.InvalidRegister, "")]
    [InlineData(13, 2, IoStatus.Ok, "G")]
    [InlineData(17, 4, IoStatus.Ok, "H")]
    [InlineData(17, 8, IoStatus.InvalidRegister, "")]
    [InlineData(0, 3, IoStatus.InvalidWidth, "")]
    [InlineData(24, 1, IoStatus.InvalidRegister, "")]
    public void Read_ResolvesToRegisters(int offset, int width, IoStatus status, string registers)
    {
        Assert.Equal(status, Map.Read(file, (ulong)offset, new byte[width]));
        Assert.Equal(registers, file.Reads);
    }

    [Fact]
    public void Read_SeveralRegisters_AreLittleEndianAndMasked()
    {
        file.Values['A'] = 0xff_ff11;
        file.Values['B'] = 0x22;
        file.Values['C'] = 0xdead_4433;
        file.Values['D'] = 0xffff_ffff_8877_6655;
        byte[] data = new byte[8];
        Assert.Equal(IoStatus.Ok, Map.Read(file, 0, data));
        Assert.Equal([0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88], data);
    }

    [Fact]
    public void Write_SeveralRegisters_AreSplit()
    {
        Assert.Equal(IoStatus.Ok, Map.Write(file, 0, [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]));
        Assert.Equal("ABCD", file.Writes);
        Assert.Equal(0x11UL, file.Values['A']);
        Assert.Equal(0x22UL, file.Values['B']);
        Assert.Equal(0x4433UL, file.Values['C']);
        Assert.Equal(0x8877_6655UL, file.Values['D']);
    }

    [Fact]
    public void Write_PartOfRegister_Merges()
    {
        file.Values['H'] = 0x8877_6655_4433_2211;
        Assert.Equal(IoStatus.Ok, Map.Write(file, 18, [0xaa, 0xbb]));
        Assert.Equal(0x8877_6655_bbaa_2211UL, file.Values['H']);
    }

    [Fact]
    public void Write_ReadOnlyRegister_IsInvalidAndSharedOffsetPicksTheDirection()
    {
        Assert.Equal(IoStatus.InvalidRegister, Map.Write(file, 12, new byte[4]));
        Assert.Equal(IoStatus.Ok, Map.Write(file, 8, [1]));
        Assert.Equal("F", file.Writes);
    }

    [Fact]
    public void Write_RefusedAccess_HasNoEffectAtAll()
    {
        // A, B and C are good, but the hole begins inside the access.
        Assert.Equal(IoStatus.InvalidRegister, Map.Write(file, 8, new byte[8]));
        Assert.Equal(IoStatus.Unaligned, Map.Write(file, 1, new byte[4]));
        Assert.Equal("", file.Writes);
    }

    [Fact]
    public void Constructor_ContradictoryTables_Throw()
    {
        Assert.Throws<ArgumentException>(() => new RegisterMap<char>(
            4, new('A', 0, 2, RegisterAccess.Read), new('B', 1, 1, RegisterAccess.ReadWrite)));
        Assert.Throws<ArgumentException>(() => new RegisterMap<char>(4, new RegisterDefinition<char>('A', 2, 4, RegisterAccess.Read)));
        Assert.Throws<ArgumentException>(() => new RegisterMap<char>(4, new RegisterDefinition<char>('A', 0, 3, RegisterAccess.Read)));
        Assert.Throws<ArgumentException>(() => new RegisterMap<char>(4, new RegisterDefinition<char>('A', 0, 4, RegisterAccess.Partial)));
        Assert.Throws<ArgumentException>(
            () => new RegisterMap<char>(4, new RegisterDefinition<char>('A', 0, 4, RegisterAccess.Write | RegisterAccess.Partial)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RegisterMap<char>(0));
    }

    private sealed class Registers : IRegisterFile<char>
    {
        public Dictionary<char, ulong> Values { get; } = [];

        public string Reads { get; private set; } = "";

        public string Writes { get; private set; } = "";

        public ulong ReadRegister(char register)
        {
            Reads += register;
            return Values.GetValueOrDefault(register);
        }

        public void WriteRegister(char register, ulong value)
        {
            Writes += register;
            Values[register] = value;
        }
    }
}
