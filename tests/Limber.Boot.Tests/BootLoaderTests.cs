using System;
using System.Collections.Immutable;
using Limber.Memory;

namespace Limber.Boot.Tests;

public sealed class BootLoaderTests
{
    private const ulong MiB = TestMachine.MiB;

    [Theory]
    [InlineData(2047, true)]
    [InlineData(2048, false)]
    public void Load_CommandLine_KeepsTheLimitOfTheKernel(int length, bool fits)
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using TemporaryFile elf = new(new SyntheticElf().Bytes);
        using TestMachine machine = new(64 * MiB);
        foreach (string path in (string[])[file.Path, elf.Path])
        {
            using KernelImage kernel = KernelImage.Open(path);
            LoadRequest request = new() { Kernel = kernel, MemoryMap = machine.Map, CommandLine = new string('a', length) };
            if (fits)
            {
                BootLoader.Load(machine.Memory, request);
                Assert.Equal((byte)'a', machine.Bytes(0x2_0000 + 2046, 1)[0]);
                Assert.Equal(0, machine.Bytes(0x2_0000 + 2047, 1)[0]);
                continue;
            }

            BootException error = Assert.Throws<BootException>(() => BootLoader.Load(machine.Memory, request));
            Assert.Equal($"kernel command line of 2048 bytes exceeds the limit of 2047 bytes of kernel '{path}'", error.Message);
        }
    }

    [Fact]
    public void Load_CommandLineWithHugeLimit_IsHeldByItsArea()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Put32(0x238, uint.MaxValue).Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        Assert.Equal(65535, kernel.CommandLineLimit);
    }

    [Fact]
    public void Load_CommandLineWithZero_IsRefused()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        LoadRequest request = new() { Kernel = kernel, MemoryMap = machine.Map, CommandLine = "ab\0c" };
        Assert.Equal(
            "kernel command line holds a zero character at position 2",
            Assert.Throws<BootException>(() => BootLoader.Load(machine.Memory, request)).Message);
    }

    [Fact]
    public void Load_InitramfsTooLarge_TellsBothNeeds()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using TemporaryFile ramdisk = new(new byte[(int)(16 * MiB)]);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using InitramfsImage initramfs = InitramfsImage.Open(ramdisk.Path);
        using TestMachine machine = new(24 * MiB);
        LoadRequest request = new() { Kernel = kernel, Initramfs = initramfs, MemoryMap = machine.Map };
        Assert.Equal(
            "memory of 24 MiB is too small for the kernel (needs 4 MiB from 0x1000000) and the initramfs (needs 16 MiB below 0x80000000)",
            Assert.Throws<BootException>(() => BootLoader.Load(machine.Memory, request)).Message);
    }

    [Fact]
    public void Load_InitrdMaximum_IsAnInclusiveLimit()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Put32(0x22C, 0x37F_FFFF).Bytes);
        using TemporaryFile ramdisk = new(new byte[4096]);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using InitramfsImage initramfs = InitramfsImage.Open(ramdisk.Path);
        using TestMachine machine = new(128 * MiB);
        BootEntry entry = BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, Initramfs = initramfs, MemoryMap = machine.Map });
        Assert.Equal(new GuestAddress(0x380_0000), entry.Initramfs.End);
    }

    [Fact]
    public void Load_MoreThanThreeGibibytes_KeepsTheInitramfsInLowMemory()
    {
        using TemporaryFile file = new(new SyntheticElf().Bytes);
        using TemporaryFile ramdisk = new(new byte[4096]);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using InitramfsImage initramfs = InitramfsImage.Open(ramdisk.Path);
        using TestMachine machine = new(8192 * MiB);
        E820Map map = machine.Map.Reserve(new GuestRange(new GuestAddress(0xBFFF_0000), 0x1_0000), E820Type.Reserved);
        BootEntry entry = BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, Initramfs = initramfs, MemoryMap = map });
        Assert.Equal(new GuestAddress(0xBFFF_0000), entry.Initramfs.End);
    }

    [Fact]
    public void Load_RandomKeepOuts_PlacesNothingInThem()
    {
        Random random = new(7);
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using TemporaryFile ramdisk = new(new byte[70_000]);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using InitramfsImage initramfs = InitramfsImage.Open(ramdisk.Path);
        using TestMachine machine = new(64 * MiB);
        int loaded = 0;
        for (int round = 0; round < 200; round++)
        {
            GuestRange[] keepOut = new GuestRange[random.Next(1, 12)];
            for (int i = 0; i < keepOut.Length; i++)
            {
                keepOut[i] = new GuestRange(new GuestAddress((ulong)random.Next(0x10_0000, 0x400_0000)), (ulong)random.Next(1, 0x10_0000));
            }

            BootEntry entry;
            try
            {
                entry = BootLoader.Load(machine.Memory, new LoadRequest
                {
                    Kernel = kernel,
                    Initramfs = initramfs,
                    MemoryMap = machine.Map,
                    KeepOut = [.. keepOut],
                });
            }
            catch (BootException)
            {
                continue;
            }

            loaded++;
            Assert.False(entry.Kernel.Overlaps(entry.Initramfs));
            Assert.Equal(0UL, entry.Initramfs.Start.Value % 4096);
            Assert.Equal(0UL, entry.Kernel.Start.Value % 0x20_0000);
            Assert.True(entry.Kernel.End <= machine.Layout.Low.End && entry.Initramfs.End <= machine.Layout.Low.End);
            Assert.All(keepOut, range => Assert.False(range.Overlaps(entry.Kernel) || range.Overlaps(entry.Initramfs)));
        }

        Assert.True(loaded > 150, $"only {loaded} of 200 rounds were loaded");
    }

    [Fact]
    public void Load_KeepOutInBootArea_IsTheCallersMistake()
    {
        using TemporaryFile file = new(new SyntheticBzImage().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(64 * MiB);
        ImmutableArray<GuestRange> keepOut = [new GuestRange(new GuestAddress(0x2_FFFF), 1)];
        Assert.Throws<ArgumentException>(
            () => BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map, KeepOut = keepOut }));
    }

    [Fact]
    public void Load_LeastMemory_IsTooSmall()
    {
        using TemporaryFile file = new(new SyntheticElf().Bytes);
        using KernelImage kernel = KernelImage.Open(file.Path);
        using TestMachine machine = new(2 * MiB);
        Assert.Equal(
            "memory of 2 MiB is too small for the kernel (needs 2.03 MiB from 0x1000000)",
            Assert.Throws<BootException>(() => BootLoader.Load(machine.Memory, new LoadRequest { Kernel = kernel, MemoryMap = machine.Map })).Message);
    }
}
