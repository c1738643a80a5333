using System;
using Limber.Memory;

namespace Limber.Boot.Tests;

public sealed class ElfKernelTests
{
    private const ulong MiB = TestMachine.MiB;
    private const ulong Info = 0x6000;

    [Fact]
    public void Load_ValidKernel_PutsSegmentsAtTheirPhysicalAddresses()
    {
        SyntheticElf elf = new();
        using TemporaryFile file = new(elf.Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootEntry entry = BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map });

        Assert.Equal(BootProtocol.Pvh32, entry.Protocol);
        Assert.Equal(new GuestRange(new GuestAddress(0x100_0000), 0x20_8000), entry.Kernel);
        Assert.Equal<byte>(elf.Bytes[SyntheticElf.SecondBytes..(SyntheticElf.SecondBytes + 0x2000)], machine.Bytes(0x100_0000, 0x2000));
        Assert.Equal<byte>(elf.Bytes[SyntheticElf.FirstBytes..(SyntheticElf.FirstBytes + 0x1000)], machine.Bytes(0x120_0000, 0x1000));
        Assert.All(machine.Bytes(0x120_1000, 0x7000), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Load_ValidKernel_EntersFlat32BitModeWithoutPaging()
    {
        using TemporaryFile file = new(new SyntheticElf().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootRegisters registers = BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map }).Registers;

        Assert.Equal(SyntheticElf.Entry, registers.Rip);
        Assert.Equal(Info, registers.Rbx);
        Assert.Equal(0x11UL, registers.Cr0);
        Assert.Equal(0UL, registers.Cr3 | registers.Cr4 | registers.Efer | registers.Rsi);
        Assert.Equal(0x00CF_9B00_0000_FFFFUL, registers.Code.Descriptor);
        Assert.Equal(0x00CF_9300_0000_FFFFUL, registers.Data.Descriptor);
        Assert.Equal(0x67u, registers.Task.Limit);
        Assert.Equal(registers.Code.Descriptor, machine.U64(registers.GdtBase + registers.Code.Selector));
    }

    [Fact]
    public void Load_WithInitramfs_FillsTheStartInfo()
    {
        byte[] content = [1, 2, 3, 4, 5];
        using TemporaryFile file = new(new SyntheticElf().Bytes);
        using TemporaryFile ramdisk = new(content);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using InitramfsImage initramfs = InitramfsImage.Open(ramdisk.Path);
        using TestMachine machine = new(64 * MiB);
        BootEntry entry = BootLoader.Load(machine.Memory, new LoadRequest
        {
            Kernel = kernel,
            Initramfs = initramfs,
            CommandLine = "root=/dev/vda",
            MemoryMap = machine.Map,
            RsdpAddress = new GuestAddress(0xE_0000),
        });

        Assert.Equal(0x336E_C578u, machine.U32(Info));
        Assert.Equal(1u, machine.U32(Info + 4));
        Assert.Equal(0u, machine.U32(Info + 8));
        Assert.Equal(1u, machine.U32(Info + 12));
        ulong module = machine.U64(Info + 16);
        Assert.Equal(entry.Initramfs.Start.Value, machine.U64(module));
        Assert.Equal(5UL, machine.U64(module + 8));
        Assert.Equal(0UL, machine.U64(module + 16));
        Assert.Equal(content, machine.Bytes(entry.Initramfs.Start.Value, 5));
        Assert.Equal("root=/dev/vda\0"u8, machine.Bytes(machine.U64(Info + 24), 14));
        Assert.Equal(0xE_0000UL, machine.U64(Info + 32));
        Assert.Equal((uint)machine.Map.Entries.Length, machine.U32(Info + 48));
        ulong line = machine.U64(Info + 40);
        foreach (E820Entry expected in machine.Map.Entries)
        {
            Assert.Equal(expected.Range.Start.Value, machine.U64(line));
            Assert.Equal(expected.Range.Length, machine.U64(line + 8));
            Assert.Equal((uint)expected.Type, machine.U32(line + 16));
            Assert.Equal(0u, machine.U32(line + 20));
            line += 24;
        }
    }

    [Fact]
    public void Load_WithoutInitramfs_HasNoModule()
    {
        using TemporaryFile file = new(new SyntheticElf().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map });
        Assert.Equal(0u, machine.U32(Info + 12));
        Assert.Equal(0UL, machine.U64(Info + 16));
    }

    [Fact]
    public void Open_NoteWithFourByteEntry_IsAccepted()
    {
        using TemporaryFile file = new(new SyntheticElf().Put32(SyntheticElf.Notes + 24, 4).Put32(SyntheticElf.SegmentField(2, 32), SyntheticElf.NoteBytes - 4).Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        Assert.Equal(BootProtocol.Pvh32, kernel.Protocol);
    }

    [Theory]
    [InlineData("32-bit", "ELF file is 32-bit only; a 64-bit kernel is needed")]
    [InlineData("machine", "ELF file is not for x86-64 (class 2, byte order 1, machine 183)")]
    [InlineData("big endian", "ELF file is not for x86-64 (class 2, byte order 2, machine 62)")]
    [InlineData("object", "ELF file has type 1, which is not that of a program")]
    [InlineData("header size", "ELF file has program headers of 32 bytes instead of 56")]
    [InlineData("no headers", "ELF file has 0 program headers, outside of 1 to 128")]
    [InlineData("many headers", "ELF file has 65535 program headers, outside of 1 to 128")]
    [InlineData("headers outside", "ELF file is truncated: program headers of 168 bytes at 0xfffffffffffffff0 are outside of its 16384 bytes")]
    [InlineData("nothing to load", "ELF file has no segment to load")]
    [InlineData("file above memory", "ELF segment 0 has 0x1000 bytes in the file, more than its 0xfff bytes in memory")]
    [InlineData("offset", "ELF file is truncated: segment 1 of 0x2000 bytes at 0x2001 is outside of its 16384 bytes")]
    [InlineData("offset wraps", "ELF file is truncated: segment 1 of 0x2000 bytes at 0xffffffffffffffff is outside of its 16384 bytes")]
    [InlineData("low", "ELF segment 1 wants 0x2000 bytes at 0x0, outside of 1 MiB to 4 GiB")]
    [InlineData("huge", "ELF segment 0 wants 0xffffffffffffffff bytes at 0x1200000, outside of 1 MiB to 4 GiB")]
    [InlineData("overlap", "ELF file has overlapping segments [0x1000000, 0x1002000) and [0x1001fff, 0x1009fff)")]
    [InlineData("no note", "ELF file has no PVH note (XEN_ELFNOTE_PHYS32_ENTRY); a kernel with CONFIG_PVH is needed")]
    [InlineData("other note", "ELF file has no PVH note (XEN_ELFNOTE_PHYS32_ENTRY); a kernel with CONFIG_PVH is needed")]
    [InlineData("other name", "ELF file has no PVH note (XEN_ELFNOTE_PHYS32_ENTRY); a kernel with CONFIG_PVH is needed")]
    [InlineData("note lies", "ELF file has no PVH note (XEN_ELFNOTE_PHYS32_ENTRY); a kernel with CONFIG_PVH is needed")]
    [InlineData("large notes", "ELF segment 2 has 0x10001 bytes of notes, more than 0x10000")]
    [InlineData("notes outside", "ELF file is truncated: segment 2 of 0x2c bytes at 0x3fff is outside of its 16384 bytes")]
    [InlineData("entry high", "ELF file has its PVH entry at 0x100000000, above 4 GiB")]
    [InlineData("entry outside", "ELF file has its PVH entry at 0x1100000, outside of its segments")]
    public void Open_BrokenKernel_NamesPathAndReason(string flaw, string reason)
    {
        SyntheticElf elf = new();
        Break(elf, flaw);
        using TemporaryFile file = new(elf.Bytes);
        BootException error = Assert.Throws<BootException>(() => KernelImage.Open(file.Path));
        Assert.Equal($"kernel '{file.Path}': {reason}", error.Message);
    }

    private static SyntheticElf Break(SyntheticElf elf, string flaw) => flaw switch
    {
        "32-bit" => elf.Put8(4, 1),
        "machine" => elf.Put16(18, 183),
        "big endian" => elf.Put8(5, 2),
        "object" => elf.Put16(16, 1),
        "header size" => elf.Put16(54, 32),
        "no headers" => elf.Put16(56, 0),
        "many headers" => elf.Put16(56, 0xFFFF),
        "headers outside" => elf.Put64(32, 0xFFFF_FFFF_FFFF_FFF0),
        "nothing to load" => elf.Put32(SyntheticElf.SegmentField(0, 0), 0).Put64(SyntheticElf.SegmentField(1, 40), 0),
        "file above memory" => elf.Put64(SyntheticElf.SegmentField(0, 40), 0xFFF),
        "offset" => elf.Put64(SyntheticElf.SegmentField(1, 8), 0x2001),
        "offset wraps" => elf.Put64(SyntheticElf.SegmentField(1, 8), ulong.MaxValue),
        "low" => elf.Put64(SyntheticElf.SegmentField(1, 24), 0),
        "huge" => elf.Put64(SyntheticElf.SegmentField(0, 40), ulong.MaxValue),
        "overlap" => elf.Put64(SyntheticElf.SegmentField(0, 24), 0x100_1FFF),
        "no note" => elf.Put32(SyntheticElf.SegmentField(2, 0), 0),
        "other note" => elf.Put32(SyntheticElf.PvhType, 17),
        "other name" => elf.Put8(SyntheticElf.PvhName, (byte)'Y'),
        "note lies" => elf.Put32(SyntheticElf.Notes, uint.MaxValue),
        "large notes" => elf.Put64(SyntheticElf.SegmentField(2, 32), 0x1_0001),
        "notes outside" => elf.Put64(SyntheticElf.SegmentField(2, 8), 0x3FFF),
        "entry high" => elf.Put64(SyntheticElf.PvhValue, 0x1_0000_0000),
        "entry outside" => elf.Put64(SyntheticElf.PvhValue, 0x110_0000),
        _ => throw new ArgumentOutOfRangeException(nameof(flaw)),
    };
}
