using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Block;
using Limber.Interop;
using Limber.Virtio.TestKit;
using Limber.VirtioBlock;

namespace Limber.VirtioDevices.Tests.Block;

/// <summary>Flushes that the machine asks for when it stops.</summary>
public sealed class BlockFlushTests
{
    private readonly SlowImage image = new();
    private int done;

    [Fact]
    public void RequestFlush_IsAnsweredWhenTheDiskIs_AndKeepsNoQueue()
    {
        using VirtioRig rig = Create(out VirtioBlock.VirtioBlock disk);
        int before = image.OpenQueues;
        Assert.True(disk.RequestFlush(CountDone));
        rig.OnLoop(() => { });
        Assert.Equal((0, 1), (Volatile.Read(ref done), image.Flushes));
        image.Complete(0);
        Eventually.Holds(() => Volatile.Read(ref done) == 1, "the flush");
        rig.OnLoop(() => { });
        Assert.Equal(before, image.OpenQueues);
    }

    [Fact]
    public void RequestFlush_WhileOneIsUnderWay_WaitsForAnother()
    {
        using VirtioRig rig = Create(out VirtioBlock.VirtioBlock disk);
        disk.RequestFlush(CountDone);
        rig.OnLoop(() => { });
        disk.RequestFlush(CountDone);
        disk.RequestFlush(CountDone);
        rig.OnLoop(() => { });
        Assert.Equal(1, image.Flushes);
        image.Complete(0);
        Eventually.Holds(() => Volatile.Read(ref done) == 1 && image.Flushes == 2, "the flush");
        image.Complete(0);
        Eventually.Holds(() => Volatile.Read(ref done) == 3, "the flush");
    }

    [Fact]
    public void RequestFlush_ThatTheDiskRefuses_IsReported()
    {
        using VirtioRig rig = Create(out VirtioBlock.VirtioBlock disk);
        BlockFailure? failure = null;
        disk.Failed += f => failure = f;
        disk.RequestFlush(CountDone);
        rig.OnLoop(() => { });
        image.Complete(ErrorNumber.ENOSPC);
        Eventually.Holds(() => Volatile.Read(ref done) == 1, "the flush");
        Assert.Equal(new BlockFailure(BlockRequestKind.Flush, ErrorNumber.ENOSPC), failure);
    }

    [Theory]
    [InlineData(BlockAio.Auto)]
    [InlineData(BlockAio.Threads)]
    public void RequestFlush_OfAFile_IsAnswered(BlockAio engine)
    {
        string path = System.IO.Path.GetTempFileName();
        try
        {
            System.IO.File.WriteAllBytes(path, new byte[1 << 20]);
            using IBlockImage file = BlockImages.Open(new BlockImageOptions { Path = path, Format = BlockImageFormat.Raw, Aio = engine });
            using var rig = new VirtioRig(context => new VirtioBlock.VirtioBlock(context, file, ownsImage: false, new VirtioBlockOptions()));
            for (int i = 1; i <= 3; i++)
            {
                Assert.True(((VirtioBlock.VirtioBlock)rig.Device).RequestFlush(CountDone));
                Eventually.Holds(() => Volatile.Read(ref done) == i, "the flush");
            }
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Fact]
    public void Dispose_AnswersWhoWaits()
    {
        using (VirtioRig rig = Create(out VirtioBlock.VirtioBlock disk))
        {
            disk.RequestFlush(CountDone);
            rig.OnLoop(() => { });
        }

        Assert.Equal((1, 0), (Volatile.Read(ref done), image.OpenQueues));
    }

    [Fact]
    public void RequestFlush_OfADiskWithoutCache_HasNothingToDo()
    {
        image.HasWriteCache = false;
        using VirtioRig rig = Create(out VirtioBlock.VirtioBlock disk);
        Assert.False(disk.RequestFlush(CountDone));
    }

    private void CountDone() => Interlocked.Increment(ref done);

    private VirtioRig Create(out VirtioBlock.VirtioBlock disk)
    {
        var rig = new VirtioRig(context => new VirtioBlock.VirtioBlock(context, image, ownsImage: false, new VirtioBlockOptions()));
        disk = (VirtioBlock.VirtioBlock)rig.Device;
        return rig;
    }

    /// <summary>An image whose flushes end when the test says so.</summary>
    private sealed class SlowImage : IBlockImage
    {
        private readonly Lock gate = new();
        private readonly List<SlowQueue> queues = [];

        public ulong Capacity => 1 << 20;

        public int LogicalBlockSize => 512;

        public int PhysicalBlockSize => 512;

        public bool IsReadOnly => false;

        public bool HasWriteCache { get; set; } = true;

        public BlockLimits Limits => new(0, 512, 1 << 20, 1 << 20);

        public string Format => "raw";

        public string Description => "slow";

        public IReadOnlyList<string> Warnings => [];

        public int Flushes { get; private set; }

        public int OpenQueues
        {
            get
            {
                lock (gate)
                {
                    return queues.Count;
                }
            }
        }

        public IBlockQueue OpenQueue(int depth)
        {
            lock (gate)
            {
                queues.Add(new SlowQueue(this));
                return queues[^1];
            }
        }

        public void Resize(ulong bytes) => throw new NotSupportedException();

        public void Dispose() { }

        public void Complete(int error)
        {
            SlowQueue? queue;
            lock (gate)
            {
                queue = queues.Find(q => q.InFlight != 0);
            }

            queue!.Complete(error);
        }

        private sealed class SlowQueue(SlowImage image) : IBlockQueue
        {
            private readonly HostEvent completed = new();
            private int? error;

            public int CompletionRing => -1;

        public int CompletionEvent => completed.Descriptor.Number;

            public int InFlight { get; private set; }

            public bool Submit(in BlockRequest request)
            {
                Assert.Equal(BlockRequestKind.Flush, request.Kind);
                InFlight = 1;
                return true;
            }

            public void Kick() => image.Flushes++;

            public void Complete(int result)
            {
                error = result;
                completed.Signal();
            }

            public int Drain(Span<BlockCompletion> completions)
            {
                completed.Clear();
                if (error is not { } result)
                {
                    return 0;
                }

                completions[0] = new BlockCompletion(0, result);
                InFlight = 0;
                error = null;
                return 1;
            }

            public void Dispose()
            {
                completed.Dispose();
                lock (image.gate)
                {
                    image.queues.Remove(this);
                }
            }
        }
    }
}
