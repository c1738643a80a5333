using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests.Queue;

public sealed unsafe class PackedGarbageTests
{
    private const ulong Packed = VirtioFeatures.RingPacked;
    private const int Next = 1;
    private const int Write = 2;
    private const int Indirect = 4;
    private const int Avail = 0x80;

    [Fact]
    public void Pop_ChainWithoutEnd_Breaks()
    {
        using var rig = new QueueRig(Packed);
        for (int i = 0; i < 16; i++)
        {
            rig.Describe(i, rig.Data.Value, 16, 0, Avail | Next);
        }

        rig.AssertBroken("descriptor chain longer than the queue");
    }

    [Fact]
    public void Pop_ZeroLength_Breaks()
    {
        using var rig = new QueueRig(Packed);
        rig.Describe(0, rig.Data.Value, 0, 0, Avail);

        rig.AssertBroken("descriptor of length zero");
    }

    [Fact]
    public void Pop_OutsideOfRam_Breaks()
    {
        using var rig = new QueueRig(Packed);
        rig.Describe(0, TestMemory.Hole - 8, 16, 0, Avail | Write);

        rig.AssertBroken("descriptor outside of RAM");
    }

    [Fact]
    public void Pop_IndirectWithNext_Breaks()
    {
        using var rig = new QueueRig(Packed | VirtioFeatures.IndirectDescriptors);
        rig.Describe(0, rig.Data.Value, 16, 0, Avail | Indirect | Next);

        rig.AssertBroken("indirect descriptor with a next one");
    }

    [Fact]
    public void Pop_IndirectInsideIndirect_Breaks()
    {
        using var rig = new QueueRig(Packed | VirtioFeatures.IndirectDescriptors);
        QueueRig.DescribeAt(rig.Memory.Pointer(rig.Data), rig.Data.Value, 16, 0, Indirect);
        rig.Describe(0, rig.Data.Value, 16, 0, Avail | Indirect);

        rig.AssertBroken("indirect descriptor inside an indirect table");
    }

    [Fact]
    public void Pop_IndirectTableLongerThanQueue_Breaks()
    {
        using var rig = new QueueRig(Packed | VirtioFeatures.IndirectDescriptors);
        byte* table = rig.Memory.Pointer(rig.Data);
        for (int i = 0; i < 17; i++)
        {
            QueueRig.DescribeAt(table + (16 * i), rig.Data.Value, 16, 0, 0);
        }

        rig.Describe(0, rig.Data.Value, 17 * 16, 0, Avail | Indirect);

        rig.AssertBroken("descriptor chain longer than the queue");
    }

    [Fact]
    public void Pop_BothBitsEqual_IsNotAvailable()
    {
        using var rig = new QueueRig(Packed);
        rig.Describe(0, rig.Data.Value, 16, 0, Avail | 0x8000);

        Assert.False(rig.Queue.TryPop(out _));
        Assert.False(rig.Queue.IsBroken);
    }

    [Fact]
    public void Push_AnyBufferId_ComesBack()
    {
        using var rig = new QueueRig(Packed);
        rig.Describe(0, rig.Data.Value, 16, 7, Avail | Next);
        rig.Describe(1, rig.Data.Value, 16, 0xfedc, Avail | Write);
        DescriptorChain chain = rig.Pop();

        rig.Queue.Push(chain, 5);

        Assert.Equal(5u, *(uint*)(rig.Descriptors + 8));
        Assert.Equal(0xfedc, *(ushort*)(rig.Descriptors + 12));
        Assert.Equal(0x8082, *(ushort*)(rig.Descriptors + 14));
    }
}
