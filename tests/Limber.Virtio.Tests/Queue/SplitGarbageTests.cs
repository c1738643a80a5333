using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests.Queue;

public sealed unsafe class SplitGarbageTests
{
    private const int Next = 1;
    private const int Write = 2;
    private const int Indirect = 4;

    [Fact]
    public void Pop_IndexAheadByMoreThanSize_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Offer(0, index: 17);

        rig.AssertBroken("available index ahead by more than the queue size");
    }

    [Fact]
    public void Pop_IndexBehind_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Offer(0, index: 0xffff);

        rig.AssertBroken("available index ahead by more than the queue size");
    }

    [Fact]
    public void Pop_SameHeadsAgainWithoutUsing_BreaksWhenMoreThanTheQueueIsOut()
    {
        using var rig = new QueueRig(0);
        rig.Describe(0, rig.Data.Value, 16, 0);
        rig.Offer(0, index: 16);
        for (int i = 0; i < 16; i++)
        {
            rig.Pop();
        }

        rig.Offer(0, index: 17);

        Assert.False(rig.Queue.TryPop(out _));
        Assert.True(rig.Queue.IsBroken);
        Assert.Equal(16, rig.Queue.InFlight);
    }

    [Fact]
    public void Pop_HeadBeyondQueue_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Offer(16);

        rig.AssertBroken("descriptor index beyond the queue");
    }

    [Fact]
    public void Pop_NextBeyondQueue_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Describe(0, rig.Data.Value, 16, Next, 0xffff);
        rig.Offer(0);

        rig.AssertBroken("descriptor index beyond the queue");
    }

    [Fact]
    public void Pop_LoopOfDescriptors_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Describe(3, rig.Data.Value, 16, Next, 5);
        rig.Describe(5, rig.Data.Value, 16, Next, 3);
        rig.Offer(3);

        rig.AssertBroken("descriptor chain longer than the queue");
    }

    [Fact]
    public void Pop_ZeroLength_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Describe(0, rig.Data.Value, 0, 0);
        rig.Offer(0);

        rig.AssertBroken("descriptor of length zero");
    }

    [Theory]
    [InlineData(TestMemory.Hole, 1)]
    [InlineData(TestMemory.Hole - 1, 2)]
    [InlineData(TestMemory.Last + TestMemory.RegionSize - 4, 8)]
    [InlineData(0x7fff_ffff_ffff_f000, 16)]
    [InlineData(0UL, 0x8000_0000)]
    public void Pop_OutsideOfRam_Breaks(ulong address, uint length)
    {
        using var rig = new QueueRig(0);
        rig.Describe(0, address, length, Write);
        rig.Offer(0);

        rig.AssertBroken("descriptor outside of RAM");
    }

    [Fact]
    public void Pop_BeyondAddressSpace_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Describe(0, ulong.MaxValue - 2, 16, Write);
        rig.Offer(0);

        rig.AssertBroken("descriptor beyond the end of the address space");
    }

    [Fact]
    public void Pop_ReadableAfterWritable_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Describe(0, rig.Data.Value, 16, Write | Next, 1);
        rig.Describe(1, rig.Data.Value, 16, 0);
        rig.Offer(0);

        rig.AssertBroken("device-readable descriptor after a device-writable one");
    }

    [Fact]
    public void Pop_MoreSegmentsThanOneCallTakes_Breaks()
    {
        using var rig = new QueueRig(0, size: 2048);
        for (int i = 0; i < 1025; i++)
        {
            rig.Describe(i, rig.Data.Value, 1, Next, i + 1);
        }

        rig.Describe(1025, rig.Data.Value, 1, 0);
        rig.Offer(0);

        rig.AssertBroken("descriptor chain of more than 1024 segments");
    }

    [Fact]
    public void Pop_IndirectWithoutFeature_Breaks()
    {
        using var rig = new QueueRig(0);
        rig.Describe(0, rig.Data.Value, 16, Indirect);
        rig.Offer(0);

        rig.AssertBroken("indirect descriptor without the feature");
    }

    [Fact]
    public void Pop_IndirectWithNext_Breaks()
    {
        using var rig = new QueueRig(VirtioFeatures.IndirectDescriptors);
        rig.Describe(0, rig.Data.Value, 16, Indirect | Next, 1);
        rig.Offer(0);

        rig.AssertBroken("indirect descriptor with a next one");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(24)]
    public void Pop_IndirectTableOfOddLength_Breaks(uint length)
    {
        using var rig = new QueueRig(VirtioFeatures.IndirectDescriptors);
        rig.Describe(0, rig.Data.Value, length, Indirect);
        rig.Offer(0);

        rig.AssertBroken("indirect table whose length is not a multiple of 16");
    }

    [Fact]
    public void Pop_IndirectInsideIndirect_Breaks()
    {
        using var rig = new QueueRig(VirtioFeatures.IndirectDescriptors);
        QueueRig.DescribeAt(rig.Memory.Pointer(rig.Data), rig.Data.Value, 16, Indirect, 0);
        rig.Describe(0, rig.Data.Value, 16, Indirect);
        rig.Offer(0);

        rig.AssertBroken("indirect descriptor inside an indirect table");
    }

    [Fact]
    public void Pop_IndirectTableOutsideOfRam_Breaks()
    {
        using var rig = new QueueRig(VirtioFeatures.IndirectDescriptors);
        rig.Describe(0, TestMemory.Hole, 64, Indirect);
        rig.Offer(0);

        rig.AssertBroken("indirect table outside of RAM");
    }

    [Fact]
    public void Pop_IndirectNextBeyondTable_Breaks()
    {
        using var rig = new QueueRig(VirtioFeatures.IndirectDescriptors);
        QueueRig.DescribeAt(rig.Memory.Pointer(rig.Data), rig.Data.Value, 16, Next, 1);
        rig.Describe(0, rig.Data.Value, 16, Indirect);
        rig.Offer(0);

        rig.AssertBroken("descriptor index beyond the indirect table");
    }

    [Fact]
    public void Pop_LoopInIndirectTable_Breaks()
    {
        using var rig = new QueueRig(VirtioFeatures.IndirectDescriptors);
        QueueRig.DescribeAt(rig.Memory.Pointer(rig.Data), rig.Data.Value, 16, Next, 0);
        rig.Describe(0, rig.Data.Value, 16, Indirect);
        rig.Offer(0);

        rig.AssertBroken("descriptor chain longer than the queue");
    }

    [Fact]
    public void Pop_DirectThenIndirect_IsOneChain()
    {
        using var rig = new QueueRig(VirtioFeatures.IndirectDescriptors);
        QueueRig.DescribeAt(rig.Memory.Pointer(rig.Data), rig.Data.Value + 64, 8, Next, 1);
        QueueRig.DescribeAt(rig.Memory.Pointer(rig.Data) + 16, rig.Data.Value + 128, 32, Write, 0);
        rig.Describe(0, rig.Data.Value + 256, 4, Next, 1);
        rig.Describe(1, rig.Data.Value, 32, Indirect | Write);
        rig.Offer(0);

        DescriptorChain chain = rig.Pop();

        Assert.Equal(12, chain.ReadableLength);
        Assert.Equal(32, chain.WritableLength);
        Assert.Equal(2, chain.Readable.Length);
        Assert.Equal(1, chain.Writable.Length);
    }
}
