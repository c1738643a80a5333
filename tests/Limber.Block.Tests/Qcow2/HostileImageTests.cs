using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;
using Limber.Block.Files;
using Limber.Block.Qcow2;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests.Qcow2;

/// <summary>Images whose tables lie: whatever happens, requests end with 0 or an error, in bounded time and memory.</summary>
public sealed unsafe class HostileImageTests : IDisposable
{
    private const int Size = 1 << 20;
    private readonly ScratchDirectory scratch = new();

    [Theory]
    [InlineData(512, false)]
    [InlineData(4096, true)]
    [InlineData(65536, false)]
    public void MutatedImages_NeverThrowOrHang(int clusterSize, bool compressed)
    {
        string raw = scratch.RandomFile("raw", Size / 2, 1);
        string path = scratch.File("disk.qcow2");
        string[] convert = ["convert", "-f", "raw", "-O", "qcow2", "-o", $"cluster_size={clusterSize}", raw, path];
        QemuImg.Run(compressed ? [.. convert[..5], "-c", .. convert[5..]] : convert);
        QemuImg.Run("snapshot", "-c", "s", path);
        QemuImg.Run("resize", "-q", path, "1M");
        byte[] image = File.ReadAllBytes(path);
        Random random = new(clusterSize);
        int opened = 0;
        for (int trial = 0; trial < 300; trial++)
        {
            byte[] mutant = (byte[])image.Clone();
            Mutate(mutant, clusterSize, random);
            opened += Exercise(new RecordingFile(mutant, "mutant"), random) ? 1 : 0;
        }

        Assert.InRange(opened, 100, 300);
    }

    [Fact]
    public void TablesThatPointAtTheHeader_AnswerEio_AndNothingIsWritten()
    {
        string path = scratch.File("disk.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", "-o", "preallocation=metadata", path, "1M");
        byte[] image = File.ReadAllBytes(path);
        ulong l1 = BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan(40));
        ulong l2 = BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan((int)l1)) & 0xffffffffffff;
        ulong refcounts = BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan(48));
        byte* buffer = stackalloc byte[512];
        foreach (ulong target in new[] { l1, refcounts })
        {
            byte[] mutant = (byte[])image.Clone();
            BinaryPrimitives.WriteUInt64BigEndian(mutant.AsSpan((int)l2), target | (1UL << 63));
            RecordingFile file = new(mutant, "mutant");
            using Qcow2Store store = new(file, Qcow2HeaderReader.Read(file, false), null, false, true);
            Assert.Equal(5, store.Write(0, buffer, 512));
            Assert.Equal(5, store.Read(0, buffer, 512));
            Assert.Equal(0, store.Flush());
        }
    }

    [Fact]
    public void CountsThatCallEverythingFree_WritesNeverHitMetadata()
    {
        string raw = scratch.RandomFile("raw", Size, 2);
        string path = scratch.File("disk.qcow2");
        QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", raw, path);
        QemuImg.Run("resize", "-q", path, "2M");
        byte[] image = File.ReadAllBytes(path);
        ulong table = BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan(48));
        ulong block = BinaryPrimitives.ReadUInt64BigEndian(image.AsSpan((int)table));
        image.AsSpan((int)block, 65536).Clear();
        RecordingFile file = new(image, "mutant");
        using Qcow2Store store = new(file, Qcow2HeaderReader.Read(file, false), null, false, true);
        byte* buffer = stackalloc byte[512];
        Assert.Equal(5, store.Write(Size + 65536, buffer, 512));
    }

    public void Dispose() => scratch.Dispose();

    private static void Mutate(byte[] image, int clusterSize, Random random)
    {
        ReadOnlySpan<ulong> wild = [0, 1, ulong.MaxValue, 1UL << 63, 1UL << 62, 0x00ff_ffff_ffff_fe00, 0x8000_0000_0000_0000 | 65536];
        for (int count = random.Next(1, 5); count > 0; count--)
        {
            // Headers and tables lie in the first clusters and hold what matters; the rest is data.
            int area = random.Next(4) == 0 ? image.Length : Math.Min(image.Length, clusterSize * 12);
            int position = random.Next(3) == 0 ? random.Next(112) : random.Next(area - 8);
            switch (random.Next(4))
            {
                case 0:
                    image[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    position &= ~7;
                    BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(position), wild[random.Next(wild.Length)]);
                    break;
                case 2:
                    position &= ~7;
                    ulong cluster = (ulong)random.Next(0, 40) * (ulong)clusterSize;
                    BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(position), cluster | (ulong)random.Next(2) << 63);
                    break;
                default:
                    image.AsSpan(position, Math.Min(64, image.Length - position)).Fill((byte)random.Next(256));
                    break;
            }
        }
    }

    /// <returns>It could be opened.</returns>
    private static bool Exercise(RecordingFile file, Random random)
    {
        Qcow2Store store;
        try
        {
            store = new Qcow2Store(file, Qcow2HeaderReader.Read(file, false), null, readOnly: false, discard: true);
        }
        catch (BlockImageException)
        {
            return false;
        }

        byte* buffer = (byte*)NativeMemory.AllocZeroed(65536);
        ulong sectors = random.Next(2) == 0 ? store.Capacity / 512 : Math.Min(store.Capacity / 512, Size / 512);
        for (int step = 0; step < 40 && sectors > 0; step++)
        {
            ulong count = (ulong)random.NextInt64(1, (long)Math.Min(sectors, 128) + 1);
            ulong offset = (ulong)random.NextInt64((long)(sectors - count) + 1) * 512;
            int error = random.Next(6) switch
            {
                0 or 1 => store.Read(offset, buffer, (int)count * 512),
                2 or 3 => store.Write(offset, buffer, (int)count * 512),
                4 => random.Next(2) == 0
                    ? store.Discard(offset, count * 512)
                    : store.WriteZeroes(offset, count * 512, mayUnmap: true),
                _ => store.Flush(),
            };
            Assert.InRange(error, 0, 133);
        }

        store.Dispose();
        NativeMemory.Free(buffer);
        return true;
    }
}
