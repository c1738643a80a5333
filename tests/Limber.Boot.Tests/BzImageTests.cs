using System;
using System.Linq;
using System.Text;
using Limber.Memory;

namespace Limber.Boot.Tests;

public sealed class BzImageTests
{
    private const ulong MiB = TestMachine.MiB;
    private const ulong Params = 0x7000;

    [Fact]
    public void Load_ValidImage_PutsCodeAtPreferredAddressAndEntersBehindIt()
    {
        SyntheticBzImage image = new();
        using TemporaryFile file = new(image.Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootEntry entry = BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map });

        Assert.Equal(BootProtocol.Linux64, entry.Protocol);
        Assert.Equal(new GuestRange(new GuestAddress(0x100_0000), 0x40_0000), entry.Kernel);
        Assert.True(image.Code.SequenceEqual(machine.Bytes(0x100_0000, SyntheticBzImage.CodeBytes)));
        Assert.All(machine.Bytes(0x100_0000 + SyntheticBzImage.CodeBytes, 4096), value => Assert.Equal(0, value));
        Assert.Equal(0x100_0200UL, entry.Registers.Rip);
        Assert.Equal(Params, entry.Registers.Rsi);
        Assert.Equal(0UL, entry.Registers.Rbx);
        Assert.Equal(2UL, entry.Registers.Rflags);
    }

    [Fact]
    public void Load_ValidImage_EntersLongModeWithTheSegmentsOfTheProtocol()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootRegisters registers = BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map }).Registers;

        Assert.Equal(0x8000_0011UL, registers.Cr0);
        Assert.Equal(0x20UL, registers.Cr4);
        Assert.Equal(0x500UL, registers.Efer);
        Assert.Equal(0x10, registers.Code.Selector);
        Assert.Equal(0x18, registers.Data.Selector);
        Assert.Equal(47, registers.GdtLimit);
        Assert.Equal(0x00AF_9B00_0000_FFFFUL, machine.U64(registers.GdtBase + 0x10));
        Assert.Equal(0x00CF_9300_0000_FFFFUL, machine.U64(registers.GdtBase + 0x18));
        Assert.Equal(0x0000_8B00_0000_0067UL, machine.U64(registers.GdtBase + 0x20));
        Assert.Equal(0UL, machine.U64(registers.GdtBase));
    }

    [Fact]
    public void Load_ValidImage_MapsTheFirstFourGibibytesToThemselves()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        ulong root = BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map }).Registers.Cr3;

        for (ulong address = 0; address < 4096 * MiB; address += 2 * MiB)
        {
            Assert.Equal(address + 0x12345, Walk(machine, root, address + 0x12345));
        }

        Assert.Null(Walk(machine, root, 4096 * MiB));
        Assert.Null(Walk(machine, root, 1UL << 39));
    }

    [Fact]
    public void Load_ValidImage_FillsTheZeroPageAtTheOffsetsOfTheDocument()
    {
        SyntheticBzImage image = new();
        using TemporaryFile file = new(image.Bytes);
        using TemporaryFile ramdisk = new(new byte[5000]);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using InitramfsImage initramfs = InitramfsImage.Open(ramdisk.Path);
        using TestMachine machine = new(64 * MiB);
        E820Map map = machine.Map.Reserve(new GuestRange(new GuestAddress(0x3FF_0000), 0x1_0000), E820Type.Acpi);
        BootLoader.Load(machine.Memory, new LoadRequest
        {
            Kernel = kernel,
            Initramfs = initramfs,
            CommandLine = "console=ttyS0 é",
            MemoryMap = map,
            RsdpAddress = new GuestAddress(0x3FF_0040),
        });

        Assert.Equal(0x3FF_0040UL, machine.U64(Params + 0x070));
        Assert.Equal(0xFF, machine.Bytes(Params + 0x210, 1)[0]);
        Assert.Equal(0x81, machine.Bytes(Params + 0x211, 1)[0]);
        Assert.Equal(0xFFFF, machine.U16(Params + 0x1FA));
        Assert.Equal(0x5372_6448u, machine.U32(Params + 0x202));
        Assert.Equal(0x020F, machine.U16(Params + 0x206));
        Assert.Equal(0x100_0000UL, machine.U64(Params + 0x258));
        Assert.Equal(0x40_0000u, machine.U32(Params + 0x260));
        Assert.Equal(0UL, machine.U64(Params + 0x250));
        Assert.Equal(0, machine.Bytes(Params + 0x1EF, 1)[0]);

        // The highest page-aligned place below the carve-out.
        Assert.Equal(0x3FE_E000u, machine.U32(Params + 0x218));
        Assert.Equal(5000u, machine.U32(Params + 0x21C));
        Assert.Equal(0UL, machine.U64(Params + 0x0C0));
        byte[] line = Encoding.UTF8.GetBytes("console=ttyS0 é\0");
        Assert.Equal(line, machine.Bytes(machine.U32(Params + 0x228), line.Length));
        Assert.Equal(0u, machine.U32(Params + 0x0C8));

        Assert.Equal(map.Entries.Length, machine.Bytes(Params + 0x1E8, 1)[0]);
        for (int i = 0; i < map.Entries.Length; i++)
        {
            ulong entry = Params + 0x2D0 + ((ulong)i * 20);
            Assert.Equal(map.Entries[i].Range.Start.Value, machine.U64(entry));
            Assert.Equal(map.Entries[i].Range.Length, machine.U64(entry + 8));
            Assert.Equal((uint)map.Entries[i].Type, machine.U32(entry + 16));
        }
    }

    [Fact]
    public void Load_PreferredPlaceTaken_MovesARelocatableKernelUpToItsAlignment()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootEntry entry = BootLoader.Load(machine.Memory, new LoadRequest
        {
            Kernel = kernel,
            MemoryMap = machine.Map,
            KeepOut = [new GuestRange(new GuestAddress(0x100_1000), 0x1000)],
        });

        Assert.Equal(new GuestAddress(0x120_0000), entry.Kernel.Start);
        Assert.Equal(0x120_0200UL, entry.Registers.Rip);
    }

    [Fact]
    public void Load_PreferredPlaceTaken_RefusesAFixedKernel()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Put8(0x234, 0).Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootException error = Assert.Throws<BootException>(() => BootLoader.Load(machine.Memory, new LoadRequest
        {
            Kernel = kernel,
            MemoryMap = machine.Map,
            KeepOut = [new GuestRange(new GuestAddress(0x100_1000), 0x1000)],
        }));
        Assert.Equal("memory of 64 MiB is too small for the kernel (needs 4 MiB from 0x1000000)", error.Message);
    }

    [Fact]
    public void Load_LongHeader_DoesNotReachIntoTheRestOfTheZeroPage()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Put8(0x201, 0xFF).Put64(0x288, ulong.MaxValue).Put64(0x290, ulong.MaxValue).Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map });
        Assert.Equal(ulong.MaxValue, machine.U64(Params + 0x288));
        Assert.All(machine.Bytes(Params + 0x290, 0x40), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Load_Twice_GivesTheSameMemory()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(32 * MiB);
        LoadRequest request = new() { Kernel = kernel, MemoryMap = machine.Map, CommandLine = "quiet" };
        BootEntry first = BootLoader.Load(machine.Memory, request);
        byte[] before = machine.Bytes(0, (int)(32 * MiB));
        machine.Memory.Regions[0].Discard();
        Assert.True(machine.Bytes(0, (int)(32 * MiB)).AsSpan().IndexOfAnyExcept((byte)0) < 0);
        BootEntry second = BootLoader.Load(machine.Memory, request);
        Assert.True(before.AsSpan().SequenceEqual(machine.Bytes(0, (int)(32 * MiB))));
        Assert.Equal(first, second);
    }

    [Theory]
    [InlineData("no magic", "is neither a bzImage (no \"HdrS\" at 0x202) nor an ELF file")]
    [InlineData("boot flag", "bzImage has boot flag 0x1234 instead of 0xaa55")]
    [InlineData("old", "bzImage has boot protocol 2.11; 2.12 or later is needed")]
    [InlineData("zImage", "is a zImage, which is loaded below 1 MiB; a bzImage is needed")]
    [InlineData("32-bit", "bzImage is 32-bit only; a 64-bit kernel is needed")]
    [InlineData("short header", "bzImage has a setup header up to 0x267; protocol 2.12 needs it up to 0x268")]
    [InlineData("no code", "bzImage has 512 bytes of code, which do not reach its 64-bit entry")]
    [InlineData("long code", "bzImage is truncated: its header tells of 14864 bytes, the file has 14848")]
    [InlineData("huge code", "bzImage is truncated: its header tells of 68719479280 bytes, the file has 14848")]
    [InlineData("setup_sects", "bzImage is truncated: its header tells of 143360 bytes, the file has 14848")]
    [InlineData("low", "bzImage wants 0x400000 bytes at 0xff000, outside of 1 MiB to 4 GiB")]
    [InlineData("high", "bzImage wants 0x400000 bytes at 0xffffffffffffffff, outside of 1 MiB to 4 GiB")]
    [InlineData("init_size", "bzImage wants 0xffffffff bytes at 0x1000000, outside of 1 MiB to 4 GiB")]
    [InlineData("alignment", "bzImage has alignment 0x300000, which is not a power of two")]
    [InlineData("no alignment", "bzImage has alignment 0x0, which is not a power of two")]
    public void Open_BrokenImage_NamesPathAndReason(string flaw, string reason)
    {
        SyntheticBzImage image = new();
        _ = flaw switch
        {
            "no magic" => image.Put32(0x202, 0),
            "boot flag" => image.Put16(0x1FE, 0x1234),
            "old" => image.Put16(0x206, 0x020B),
            "zImage" => image.Put8(0x211, 0),
            "32-bit" => image.Put16(0x236, 0x7E),
            "short header" => image.Put8(0x201, 0x65),
            "no code" => image.Put32(0x1F4, 0x20),
            "long code" => image.Put32(0x1F4, (SyntheticBzImage.CodeBytes / 16) + 1),
            "huge code" => image.Put32(0x1F4, uint.MaxValue),
            "setup_sects" => image.Put8(0x1F1, 255),
            "low" => image.Put64(0x258, 0xFF000),
            "high" => image.Put64(0x258, ulong.MaxValue),
            "init_size" => image.Put32(0x260, uint.MaxValue),
            "alignment" => image.Put32(0x230, 0x30_0000),
            "no alignment" => image.Put32(0x230, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(flaw)),
        };
        using TemporaryFile file = new(image.Bytes);
        BootException error = Assert.Throws<BootException>(() => KernelImage.Open(file.Path));
        Assert.Equal($"kernel '{file.Path}': {reason}", error.Message);
    }

    [Fact]
    public void Open_CutAtEveryLength_IsRefused()
    {
        byte[] bytes = new SyntheticBzImage().Bytes;
        foreach (int length in Enumerable.Range(1, 0x2A0).Append(2559).Append(2560).Append(bytes.Length - 1))
        {
            using TemporaryFile file = new(bytes.AsSpan(0, length));
            Assert.Throws<BootException>(() => KernelImage.Open(file.Path));
        }
    }

    /// <summary>Translates as a processor does; null where nothing is mapped.</summary>
    private static ulong? Walk(TestMachine machine, ulong root, ulong address)
    {
        const ulong frame = 0x000F_FFFF_FFFF_F000;
        ulong table = root;
        foreach (int shift in (ReadOnlySpan<int>)[39, 30, 21])
        {
            ulong entry = machine.U64(table + (((address >> shift) & 511) * 8));
            if ((entry & 3) != 3)
            {
                return null;
            }

            bool isLarge = (entry & 0x80) != 0;
            Assert.Equal(shift == 21, isLarge);
            if (isLarge)
            {
                Assert.Equal(0UL, entry & frame & 0x1F_FFFF);
                return (entry & frame) | (address & 0x1F_FFFF);
            }

            table = entry & frame;
        }

        return null;
    }
}
