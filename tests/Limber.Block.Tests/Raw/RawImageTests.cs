using System;
using System.IO;
using System.Linq;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests.Raw;

public sealed class RawImageTests : IDisposable
{
    private const int EIO = 5;
    private const int EPERM = 1;
    private const int EINVAL = 22;
    private const int EROFS = 30;
    private readonly ScratchDirectory scratch = new();

    public static TheoryData<BlockAio, bool> Ways => new()
    {
        { BlockAio.IoUring, false }, { BlockAio.IoUring, true }, { BlockAio.Threads, false }, { BlockAio.Threads, true },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void ReadsAndWrites_MatchModel(BlockAio aio, bool direct)
    {
        const int Size = 1 << 20;
        string path = scratch.RandomFile("disk", Size, 1);
        byte[] model = File.ReadAllBytes(path);
        using (IBlockImage image = Open(path, aio, direct))
        using (QueueDriver driver = new(image))
        {
            Random random = new(2);
            for (int step = 0; step < 300; step++)
            {
                int sectors = random.Next(1, 130);
                int offset = random.Next(0, (Size / 512) - sectors) * 512;
                Span<byte> range = model.AsSpan(offset, sectors * 512);

                // Odd numbers of pieces and odd addresses go through the bounce buffers when I/O is direct.
                (int pieces, int skew) = (random.Next(1, 5), random.Next(3) * 24);
                if (random.Next(2) == 0)
                {
                    random.NextBytes(range);
                    Assert.Equal(0, driver.Write((ulong)offset, range, pieces, skew));
                }
                else
                {
                    Assert.True(range.SequenceEqual(driver.Read((ulong)offset, range.Length, pieces, skew)));
                }
            }

            Assert.Equal(0, driver.Flush());
        }

        Assert.True(model.AsSpan().SequenceEqual(File.ReadAllBytes(path)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void DiscardAndWriteZeroes_ReadAsZeros(BlockAio aio, bool direct)
    {
        string path = scratch.RandomFile("disk", 1 << 20, 3);
        byte[] before = File.ReadAllBytes(path);
        using IBlockImage image = Open(path, aio, direct);
        using QueueDriver driver = new(image);
        Assert.Equal(0, driver.Run(BlockRequest.Discard(0, 65536, 1)));
        Assert.Equal(0, driver.Run(BlockRequest.WriteZeroes(131072, 65536, mayUnmap: true, 2)));
        Assert.Equal(0, driver.Run(BlockRequest.WriteZeroes(262144 + 512, 512, mayUnmap: false, 3)));
        Assert.Equal(new byte[65536], driver.Read(0, 65536));
        Assert.Equal(before[65536..131072], driver.Read(65536, 65536));
        Assert.Equal(new byte[65536], driver.Read(131072, 65536));
        Assert.Equal(new byte[512], driver.Read(262144 + 512, 512));
        Assert.Equal(before[262144..(262144 + 512)], driver.Read(262144, 512));
    }

    [Theory]
    [InlineData(BlockAio.IoUring)]
    [InlineData(BlockAio.Threads)]
    public void FileTruncatedUnderUs_FailsReadsOfWhatIsGoneAndGoesOn(BlockAio aio)
    {
        string path = scratch.RandomFile("disk", 65536, 4);
        byte[] before = File.ReadAllBytes(path);
        using IBlockImage image = Open(path, aio, direct: false);
        using QueueDriver driver = new(image);
        using (FileStream other = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            other.SetLength(10000);
        }

        Assert.Equal(before[4096..8192], driver.Read(4096, 4096));
        Assert.Equal(EIO, driver.TryRead(8192, 4096));
        Assert.Equal(EIO, driver.TryRead(20480, 512));
        Assert.Equal(0, driver.Write(32768, before.AsSpan(0, 512)));
        Assert.Equal(before[..512], driver.Read(32768, 512));
    }

    [Theory]
    [InlineData(BlockAio.IoUring)]
    [InlineData(BlockAio.Threads)]
    public void OddLength_LastSectorIsPaddedWithZeros(BlockAio aio)
    {
        string path = scratch.RandomFile("disk", 1000, 5);
        using IBlockImage image = Open(path, aio, direct: false);
        using QueueDriver driver = new(image);
        Assert.Equal(1024UL, image.Capacity);
        Assert.Equal(File.ReadAllBytes(path), driver.Read(0, 1024)[..1000]);
        Assert.Equal(new byte[24], driver.Read(512, 512)[488..]);
    }

    [Theory]
    [InlineData(BlockAio.IoUring)]
    [InlineData(BlockAio.Threads)]
    public unsafe void BadRequests_AnswerEinval(BlockAio aio)
    {
        string path = scratch.RandomFile("disk", 65536, 6);
        using IBlockImage image = Open(path, aio, direct: false);
        using QueueDriver driver = new(image);
        BlockRequest Read(ulong offset, int length)
        {
            return BlockRequest.Transfer(BlockRequestKind.Read, offset, driver.Segments, driver.Cut(0, length, 1), 1);
        }

        Assert.Equal(EINVAL, driver.Run(Read(65536, 512)));
        Assert.Equal(EINVAL, driver.Run(Read(65536 - 512, 1024)));
        Assert.Equal(EINVAL, driver.Run(Read(ulong.MaxValue - 511, 512)));
        Assert.Equal(EINVAL, driver.Run(Read(1, 512)));
        Assert.Equal(EINVAL, driver.Run(Read(0, 513)));
        Assert.Equal(EINVAL, driver.Run(BlockRequest.Discard(512, ulong.MaxValue - 511, 1)));
        Assert.Equal(EINVAL, driver.Run(BlockRequest.WriteZeroes(0, 131072, false, 1)));
        driver.Segments[0] = new BlockSegment(driver.Memory, nuint.MaxValue);
        driver.Segments[1] = new BlockSegment(driver.Memory, 513);
        Assert.Equal(EINVAL, driver.Run(BlockRequest.Transfer(BlockRequestKind.Read, 0, driver.Segments, 2, 1)));
        Assert.Equal(0, driver.Run(Read(65536, 0)));
    }

    [Fact]
    public void ReadOnly_RefusesEveryChange()
    {
        string path = scratch.RandomFile("disk", 65536, 7);
        using IBlockImage image = BlockImages.Open(new() { Path = path, Format = BlockImageFormat.Raw, ReadOnly = true });
        using QueueDriver driver = new(image);
        Assert.Equal(EROFS, driver.Write(0, new byte[512]));
        Assert.Equal(EROFS, driver.Run(BlockRequest.Discard(0, 512, 1)));
        Assert.Equal(EROFS, driver.Run(BlockRequest.WriteZeroes(0, 512, false, 1)));
        Assert.Equal(0, driver.Flush());
    }

    [Theory]
    [InlineData(BlockAio.IoUring)]
    [InlineData(BlockAio.Threads)]
    public void ManyInFlight_EachCompletesOnceAndDepthHolds(BlockAio aio)
    {
        string path = scratch.RandomFile("disk", 1 << 20, 8);
        byte[] model = File.ReadAllBytes(path);
        using IBlockImage image = Open(path, aio, direct: false);
        using QueueDriver driver = new(image, depth: 32);
        Random random = new(9);
        for (int round = 0; round < 20; round++)
        {
            int[] offsets = new int[32];
            unsafe
            {
                for (int index = 0; index < 32; index++)
                {
                    offsets[index] = random.Next(2048) * 512;
                    driver.Segments[index] = new BlockSegment(driver.Memory + (index * 512), 512);
                    Assert.True(driver.Queue.Submit(BlockRequest.Transfer(
                        BlockRequestKind.Read, (ulong)offsets[index], driver.Segments + index, 1, (ulong)index)));
                }
            }

            Assert.False(driver.Queue.Submit(BlockRequest.Flush(99)));
            Assert.Equal(32, driver.Queue.InFlight);
            driver.Queue.Kick();
            BlockCompletion[] completions = new BlockCompletion[32];
            driver.Wait(completions, 32);
            Assert.Equal(32, System.Linq.Enumerable.Count(System.Linq.Enumerable.DistinctBy(completions, done => done.Tag)));
            for (int index = 0; index < 32; index++)
            {
                Assert.True(model.AsSpan(offsets[index], 512).SequenceEqual(driver.Span(index * 512, 512)));
            }
        }

        Assert.Equal(0, driver.Queue.InFlight);
    }

    [Fact]
    public void NoSpace_IsReportedAndReadsGoOn()
    {
        string path = scratch.RandomFile("disk", 65536, 10);
        using FailingFile file = new(path) { WriteError = 28 };
        using Limber.Block.Raw.RawStore store = new(file, discard: true, guard: false);
        unsafe
        {
            byte* buffer = stackalloc byte[512];
            BlockSegment segment = new(buffer, 512);
            SegmentList list = new(&segment, 1);
            Assert.Equal(28, store.Write(0, list, 0, 512));
            Assert.Equal(28, store.WriteZeroes(0, 512, mayUnmap: false));
            Assert.Equal(0, store.Read(0, list, 0, 512));
        }
    }

    [Fact]
    public void GuessedRaw_RefusesForeignSignature()
    {
        string path = scratch.RandomFile("disk", 65536, 11);
        using IBlockImage image = BlockImages.Open(new() { Path = path });
        using QueueDriver driver = new(image);
        byte[] sectors = new byte[4096];
        "QFI"u8.CopyTo(sectors);
        sectors[3] = 0xfb;
        Assert.Single(image.Warnings);
        Assert.Equal(EPERM, driver.Write(0, sectors));
        sectors[3] = 0xfc;
        Assert.Equal(0, driver.Write(0, sectors));
        Assert.Equal(sectors, driver.Read(0, 4096));
    }

    [Theory]
    [InlineData(BlockAio.Auto)]
    [InlineData(BlockAio.Threads)]
    public void Drain_OfMoreThanFits_KeepsTheRestAnnouncedAndThenNothing(BlockAio aio)
    {
        string path = scratch.RandomFile("disk", 65536, 13);
        using IBlockImage image = Open(path, aio, direct: false);
        using QueueDriver driver = new(image);
        for (ulong tag = 0; tag < 5; tag++)
        {
            Assert.True(driver.Queue.Submit(BlockRequest.Flush(tag)));
        }

        driver.Queue.Kick();
        Span<BlockCompletion> completions = stackalloc BlockCompletion[5];
        driver.Wait(completions[..2], 2);
        driver.Wait(completions[2..], 3);
        ulong[] tags = [.. completions.ToArray().Select(c => c.Tag).Order()];
        Assert.Equal([0, 1, 2, 3, 4], tags);
        Assert.Equal(0, driver.Queue.InFlight);
        Assert.False(TestLibc.WaitReadable(driver.Queue, 0));
    }

    [Fact]
    public void Resize_GrowsAndNeverShrinks()
    {
        string path = scratch.RandomFile("disk", 65536, 12);
        using IBlockImage image = Open(path, BlockAio.Auto, direct: false);
        using QueueDriver driver = new(image);
        image.Resize(131072);
        Assert.Equal(131072UL, image.Capacity);
        Assert.Equal(new byte[512], driver.Read(131072 - 512, 512));
        Assert.Contains("can't shrink", Assert.Throws<BlockImageException>(() => image.Resize(65536)).Message);
        Assert.Contains("multiple of 512", Assert.Throws<BlockImageException>(() => image.Resize(131073)).Message);
    }

    [Theory]
    [InlineData(BlockCacheMode.Writeback, BlockAio.Auto, true)]
    [InlineData(BlockCacheMode.None, BlockAio.Auto, true)]
    [InlineData(BlockCacheMode.Writethrough, BlockAio.Auto, false)]
    [InlineData(BlockCacheMode.Writethrough, BlockAio.Threads, false)]
    [InlineData(BlockCacheMode.DirectSync, BlockAio.Auto, false)]
    [InlineData(BlockCacheMode.Unsafe, BlockAio.Auto, true)]
    public void CacheModes_WorkAndTellOfTheWriteCache(BlockCacheMode mode, BlockAio aio, bool hasCache)
    {
        string path = scratch.RandomFile("disk", 65536, 15);
        byte[] data = File.ReadAllBytes(path)[..4096];
        using IBlockImage image = BlockImages.Open(
            new() { Path = path, Format = BlockImageFormat.Raw, Cache = mode, Aio = aio, Discard = true });
        using QueueDriver driver = new(image);
        Assert.Equal(hasCache, image.HasWriteCache);
        Assert.Equal(0, driver.Write(8192, data, pieces: 2));
        Assert.Equal(0, driver.Run(BlockRequest.WriteZeroes(16384, 4096, true, 1)));
        Assert.Equal(0, driver.Flush());
        Assert.Equal(data, driver.Read(8192, 4096));
        Assert.Equal(new byte[4096], driver.Read(16384, 4096));
    }

    [Fact]
    public void NativeAio_SaysWhatToUseInstead()
    {
        string path = scratch.RandomFile("disk", 512, 14);
        BlockImageException refused = Assert.Throws<BlockImageException>(() => Open(path, BlockAio.Native, direct: false));
        Assert.Contains("aio=io_uring", refused.Message);
    }

    public void Dispose() => scratch.Dispose();

    private static IBlockImage Open(string path, BlockAio aio, bool direct)
    {
        try
        {
            return BlockImages.Open(
                new() { Path = path, Format = BlockImageFormat.Raw, Aio = aio, Direct = direct, Discard = true });
        }
        catch (BlockImageException missing) when (missing.Message.Contains("the host does not offer it", StringComparison.Ordinal))
        {
            Assert.Skip(missing.Message);
            throw;
        }
    }
}
