using System;
using System.IO;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests.Qcow2;

/// <summary>Seeded workloads on images that qemu-img made, compared with a model and judged by qemu-img.</summary>
public sealed class WorkloadTests : IDisposable
{
    private readonly ScratchDirectory scratch = new();

    public enum Base
    {
        None,
        Raw,
        ShortRaw,
        Chain,
        Compressed,
        Snapshot,
    }

    [Theory]
    [InlineData(3, 65536, 16, Base.None, false)]
    [InlineData(3, 65536, 16, Base.Raw, false)]
    [InlineData(3, 65536, 16, Base.Chain, true)]
    [InlineData(3, 65536, 16, Base.Compressed, false)]
    [InlineData(3, 65536, 16, Base.Snapshot, false)]
    [InlineData(3, 512, 16, Base.None, false)]
    [InlineData(3, 512, 64, Base.Raw, false)]
    [InlineData(3, 512, 16, Base.Compressed, false)]
    [InlineData(3, 512, 2, Base.Snapshot, false)]
    [InlineData(3, 4096, 1, Base.ShortRaw, true)]
    [InlineData(3, 4096, 4, Base.Compressed, false)]
    [InlineData(3, 4096, 32, Base.Snapshot, true)]
    [InlineData(3, 4096, 8, Base.Chain, false)]
    [InlineData(3, 2097152, 16, Base.ShortRaw, false)]
    [InlineData(3, 2097152, 16, Base.Snapshot, false)]
    [InlineData(2, 65536, 16, Base.None, false)]
    [InlineData(2, 65536, 16, Base.Raw, false)]
    [InlineData(2, 512, 16, Base.Snapshot, false)]
    [InlineData(2, 4096, 16, Base.Compressed, false)]
    public void RandomRequests_MatchModelAndPassCheck(int version, int clusterSize, int refcountBits, Base kind, bool direct)
    {
        int size = clusterSize == 2097152 ? 24 << 20 : (6 << 20) + 1536;
        string path = Create(version, clusterSize, refcountBits, kind, size, out byte[] model);
        Random random = new((version * 1000) + clusterSize + refcountBits + (int)kind);
        for (int session = 0; session < 3; session++)
        {
            using IBlockImage image = Open(path, direct);
            using QueueDriver driver = new(image);
            Assert.Equal((ulong)size, image.Capacity);
            for (int step = 0; step < 120; step++)
            {
                Step(driver, model, random);
            }

            for (int offset = 0; offset < size; offset += 1 << 20)
            {
                int length = Math.Min(1 << 20, size - offset);
                Assert.True(model.AsSpan(offset, length).SequenceEqual(driver.Read((ulong)offset, length)), $"differs in MiB {offset >> 20}");
            }
        }

        QemuImg.CheckClean(path);
        string expected = scratch.File("model");
        File.WriteAllBytes(expected, model);
        QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", expected, path);
        if (kind == Base.Snapshot)
        {
            QemuImg.Run("snapshot", "-a", "before", path);
            QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", scratch.File("original"), path);
            QemuImg.CheckClean(path);
        }
    }

    [Fact]
    public void ManyInFlight_ToTheSameClusters_KeepEverySector()
    {
        string path = scratch.File("disk.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", path, "16M");
        byte[] model = new byte[16 << 20];
        using (IBlockImage image = Open(path, direct: false))
        using (QueueDriver driver = new(image, depth: 64))
        {
            Random random = new(5);
            for (int round = 0; round < 30; round++)
            {
                SubmitRound(driver, random, model);
            }

            Assert.Equal(0, driver.Flush());
        }

        QemuImg.CheckClean(path);
        File.WriteAllBytes(scratch.File("model"), model);
        QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", scratch.File("model"), path);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void ManyKindsInFlight_FreedClustersAreNeverSomeoneElses(int clusterSize)
    {
        string path = scratch.File("disk.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", "-o", $"cluster_size={clusterSize}", path, "8M");
        byte[] model = new byte[8 << 20];
        using (IBlockImage image = Open(path, direct: false))
        using (QueueDriver driver = new(image, depth: 33))
        {
            Random random = new(clusterSize);
            for (int round = 0; round < 30; round++)
            {
                SubmitMixedRound(driver, random, model);
            }

            Assert.Equal(0, driver.Flush());
        }

        QemuImg.CheckClean(path);
        File.WriteAllBytes(scratch.File("model"), model);
        QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", scratch.File("model"), path);
    }

    [Theory]
    [InlineData(512, 3)]
    [InlineData(65536, 3)]
    [InlineData(65536, 2)]
    public void Resize_GrowsTablesAndHidesOldData(int clusterSize, int version)
    {
        string backing = scratch.RandomFile("base", 3 << 20, 1);
        string path = scratch.File("disk.qcow2");
        QemuImg.Run(
            "create", "-q", "-f", "qcow2", "-o", $"cluster_size={clusterSize},compat={(version == 2 ? "0.10" : "1.1")}", "-b", backing,
            "-F", "raw", path, $"{(1 << 20) + 512}");
        int old = (1 << 20) + 512;
        byte[] model = new byte[12 << 20];
        Array.Copy(File.ReadAllBytes(backing), model, old);
        using (IBlockImage image = Open(path, direct: false))
        using (QueueDriver driver = new(image))
        {
            Assert.Equal(0, driver.Write((1 << 20) - 512, model.AsSpan(0, 1024)));
            model.AsSpan(0, 1024).CopyTo(model.AsSpan((1 << 20) - 512));
            image.Resize(12 << 20);
            Assert.Equal(12UL << 20, image.Capacity);
            model.AsSpan(0, 4096).CopyTo(model.AsSpan((12 << 20) - 4096));
            Assert.Equal(0, driver.Write((12 << 20) - 4096, model.AsSpan(0, 4096)));
            Assert.Equal(model[old..(4 << 20)], driver.Read((ulong)old, (4 << 20) - old));
        }

        QemuImg.CheckClean(path);
        File.WriteAllBytes(scratch.File("model"), model);
        QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", scratch.File("model"), path);
    }

    [Fact]
    public void Writethrough_EveryWriteIsInTheFileWhenItCompletes()
    {
        string path = scratch.File("disk.qcow2");
        string copy = scratch.File("copy.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", path, "1M");
        byte[] model = new byte[1 << 20];
        using IBlockImage image = BlockImages.Open(
            new() { Path = path, Format = BlockImageFormat.Qcow2, Cache = BlockCacheMode.Writethrough });
        using QueueDriver driver = new(image);
        new Random(1).NextBytes(model.AsSpan(300 << 10, 4096));
        Assert.Equal(0, driver.Write(300 << 10, model.AsSpan(300 << 10, 4096)));
        File.Copy(path, copy);
        QemuImg.CheckClean(copy);
        File.WriteAllBytes(scratch.File("model"), model);
        QemuImg.Run("compare", "-f", "raw", "-F", "qcow2", scratch.File("model"), copy);
    }

    [Fact]
    public void Discard_GivesSpaceBackAndReusesClusters()
    {
        string path = scratch.File("disk.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", path, "64M");
        byte[] data = File.ReadAllBytes(scratch.RandomFile("data", 4 << 20, 3));
        using (IBlockImage image = Open(path, direct: false))
        using (QueueDriver driver = new(image))
        {
            for (int round = 0; round < 8; round++)
            {
                Assert.Equal(0, driver.Write((ulong)round * (4 << 20), data));
                Assert.Equal(0, driver.Flush());
                Assert.Equal(0, driver.Run(BlockRequest.Discard((ulong)round * (4 << 20), 4 << 20, 1)));
                Assert.Equal(0, driver.Flush());
                Assert.Equal(new byte[4096], driver.Read((ulong)round * (4 << 20), 4096));
            }
        }

        QemuImg.CheckClean(path);
        Assert.InRange(new FileInfo(path).Length, 4 << 20, 9 << 20);
    }

    public void Dispose() => scratch.Dispose();

    private static IBlockImage Open(string path, bool direct) => BlockImages.Open(
        new() { Path = path, Format = BlockImageFormat.Qcow2, Direct = direct, Discard = true });

    private static void Step(QueueDriver driver, byte[] model, Random random)
    {
        bool large = random.Next(8) == 0;
        int sectors = random.Next(1, large ? 3000 : 40);
        int offset = random.Next(0, (model.Length / 512) - sectors + 1) * 512;
        int length = sectors * 512;
        Span<byte> range = model.AsSpan(offset, length);
        switch (random.Next(12))
        {
            case <= 4:
                random.NextBytes(range);
                Assert.Equal(0, driver.Write((ulong)offset, range, random.Next(1, 4), random.Next(2) * 8));
                break;
            case <= 7:
                Assert.True(range.SequenceEqual(driver.Read((ulong)offset, length, random.Next(1, 4))), $"read of {length} at {offset}");
                break;
            case 8:
                Assert.Equal(0, driver.Run(BlockRequest.Discard((ulong)offset, (ulong)length, 1)));

                // Undefined afterwards: whatever it reads now is what it must go on reading.
                driver.Read((ulong)offset, length).CopyTo(range);
                break;
            case <= 10:
                Assert.Equal(0, driver.Run(BlockRequest.WriteZeroes((ulong)offset, (ulong)length, random.Next(2) == 0, 1)));
                range.Clear();
                break;
            default:
                Assert.Equal(0, driver.Flush());
                break;
        }
    }

    // Sectors of one round are distinct, so that their order does not matter, but share clusters.
    private static unsafe void SubmitRound(QueueDriver driver, Random random, byte[] model)
    {
        int window = random.Next((16 << 20) / 65536 - 4) * 65536;
        int[] sectors = new int[512];
        for (int index = 0; index < sectors.Length; index++)
        {
            sectors[index] = index;
        }

        random.Shuffle(sectors);
        for (int index = 0; index < 64; index++)
        {
            int offset = window + (sectors[index] * 512);
            Span<byte> data = driver.Span(index * 512, 512);
            random.NextBytes(data);
            bool zero = index % 9 == 0;
            if (zero)
            {
                data.Clear();
            }

            data.CopyTo(model.AsSpan(offset));
            driver.Segments[index] = new BlockSegment(driver.Memory + (index * 512), 512);
            Assert.True(driver.Queue.Submit(zero
                ? BlockRequest.WriteZeroes((ulong)offset, 512, true, (ulong)index)
                : BlockRequest.Transfer(BlockRequestKind.Write, (ulong)offset, driver.Segments + index, 1, (ulong)index)));
        }

        driver.Queue.Kick();
        BlockCompletion[] completions = new BlockCompletion[64];
        driver.Wait(completions, 64);
        Assert.All(completions, done => Assert.Equal(0, done.Error));
    }

    // 32 stretches of 256 KiB, each with one request of its own kind at a time, and a flush beside them.
    private static unsafe void SubmitMixedRound(QueueDriver driver, Random random, byte[] model)
    {
        const int Stretch = 256 << 10;
        bool[] isRead = new bool[32];
        for (int index = 0; index < 32; index++)
        {
            ulong start = (ulong)index * Stretch;
            Span<byte> mine = model.AsSpan(index * Stretch, Stretch);
            Span<byte> memory = driver.Span(index * Stretch, Stretch);
            int from = random.Next(Stretch / 512) * 512;
            int length = random.Next(1, ((Stretch - from) / 512) + 1) * 512;
            int kind = random.Next(6);
            isRead[index] = kind >= 4;
            if (kind <= 1)
            {
                random.NextBytes(memory.Slice(from, length));
                memory.Slice(from, length).CopyTo(mine[from..]);
                driver.Segments[index] = new BlockSegment(driver.Memory + (index * Stretch) + from, (nuint)length);
                Assert.True(driver.Queue.Submit(BlockRequest.Transfer(
                    BlockRequestKind.Write, start + (ulong)from, driver.Segments + index, 1, (ulong)index)));
            }
            else if (kind <= 3)
            {
                mine.Clear();
                Assert.True(driver.Queue.Submit(kind == 2
                    ? BlockRequest.Discard(start, Stretch, (ulong)index)
                    : BlockRequest.WriteZeroes(start, Stretch, random.Next(2) == 0, (ulong)index)));
            }
            else
            {
                driver.Segments[index] = new BlockSegment(driver.Memory + (index * Stretch), Stretch);
                Assert.True(driver.Queue.Submit(BlockRequest.Transfer(
                    BlockRequestKind.Read, start, driver.Segments + index, 1, (ulong)index)));
            }

            if (index == 15)
            {
                Assert.True(driver.Queue.Submit(BlockRequest.Flush(99)));
                driver.Queue.Kick();
            }
        }

        driver.Queue.Kick();
        BlockCompletion[] completions = new BlockCompletion[33];
        driver.Wait(completions, 33);
        Assert.All(completions, done => Assert.Equal(0, done.Error));
        for (int index = 0; index < 32; index++)
        {
            Assert.True(
                !isRead[index] || model.AsSpan(index * Stretch, Stretch).SequenceEqual(driver.Span(index * Stretch, Stretch)),
                $"stretch {index} differs");
        }
    }

    private string Create(int version, int clusterSize, int refcountBits, Base kind, int size, out byte[] model)
    {
        string options = $"cluster_size={clusterSize},compat={(version == 2 ? "0.10" : "1.1")}"
            + (version == 3 ? $",refcount_bits={refcountBits}" : "");
        string path = scratch.File("disk.qcow2");
        model = new byte[size];
        if (kind == Base.None)
        {
            QemuImg.Run("create", "-q", "-f", "qcow2", "-o", options, path, size.ToString());
            return path;
        }

        int length = kind == Base.ShortRaw ? size / 3 / 512 * 512 : size;
        string original = scratch.RandomFile("original", length, 77);
        byte[] content = File.ReadAllBytes(original);

        // Half of it compresses well, a part is zeros.
        content.AsSpan(length / 4, length / 4).Fill(0x5A);
        content.AsSpan(length / 2, length / 8).Clear();
        File.WriteAllBytes(original, content);
        content.CopyTo(model, 0);
        switch (kind)
        {
            case Base.Raw or Base.ShortRaw:
                QemuImg.Run("create", "-q", "-f", "qcow2", "-o", options, "-b", "original", "-F", "raw", path, size.ToString());
                break;
            case Base.Chain:
                string middle = scratch.File("middle.qcow2");
                QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", "-c", original, middle);
                QemuImg.Run("create", "-q", "-f", "qcow2", "-o", options, "-b", middle, "-F", "qcow2", path);
                break;
            case Base.Compressed:
                QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", "-c", "-o", options, original, path);
                break;
            default:
                QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", "-o", options, original, path);
                QemuImg.Run("snapshot", "-c", "before", path);
                break;
        }

        return path;
    }
}
