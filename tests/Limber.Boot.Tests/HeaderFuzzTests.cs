using System;
using System.IO;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Boot.Tests;

/// <summary>Mutated headers: a kernel loads or is refused, and nothing outside of its RAM changes.</summary>
public sealed class HeaderFuzzTests
{
    private const int Rounds = 5000;
    private const ulong RamSize = 32 * TestMachine.MiB;
    private const ulong FenceSize = 0x1_0000;
    private const byte FenceValue = 0xA5;

    [Fact]
    public void Load_MutatedBzImage_ThrowsNothingElseAndStaysInRam() =>
        Fuzz(new SyntheticBzImage().Bytes, 11, 0x1F0, 0x270);

    [Fact]
    public void Load_MutatedElf_ThrowsNothingElseAndStaysInRam() =>
        Fuzz(new SyntheticElf().Bytes, 12, 0, 0x240);

    private static void Fuzz(byte[] valid, int seed, int from, int to)
    {
        Random random = new(seed);
        E820Map map = E820Map.For(MemoryLayout.For(RamSize));

        // RAM as the map tells, and behind it mapped memory that is no RAM: a loader that trusted a header would
        // write there without a fault.
        using GuestMemoryRegion region = new(new GuestAddress(0), HostMapping.AllocatePrivate(RamSize + FenceSize, "test"));
        GuestMemory memory = new([region]);
        Fence(memory).Fill(FenceValue);
        using TemporaryFile file = new(valid);
        int opened = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = (byte[])valid.Clone();
            for (int mutation = random.Next(1, 5); mutation > 0; mutation--)
            {
                Mutate(bytes, random, random.Next(from, to));
            }

            using (FileStream stream = new(file.Path, FileMode.Open, FileAccess.Write))
            {
                stream.Write(bytes);
            }

            try
            {
                using KernelImage kernel = KernelImage.Open(file.Path);
                opened++;
                BootEntry entry = BootLoader.Load(memory, new LoadRequest { Kernel = kernel, MemoryMap = map, CommandLine = "x" });
                Assert.True(entry.Kernel.End.Value <= RamSize);
                Assert.False(entry.Kernel.Overlaps(BootLoader.BootArea));
            }
            catch (BootException)
            {
                // The other allowed outcome.
            }
        }

        Assert.True(Fence(memory).IndexOfAnyExcept(FenceValue) < 0);
        Assert.InRange(opened, Rounds / 20, Rounds - 1);
    }

    private static Span<byte> Fence(GuestMemory memory) =>
        memory.TryGetSpan(new GuestAddress(RamSize), (int)FenceSize, out Span<byte> fence)
            ? fence
            : throw new InvalidOperationException();

    private static void Mutate(byte[] bytes, Random random, int offset)
    {
        switch (random.Next(4))
        {
            case 0:
                bytes[offset] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[offset] = (byte)random.Next(256);
                break;
            case 2:
                bytes.AsSpan(offset, 4).Fill((byte)(random.Next(2) * 255));
                break;
            default:
                bytes.AsSpan(offset & ~7, 8).Fill((byte)(random.Next(2) * 255));
                break;
        }
    }
}
