using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests.Queue;

public sealed unsafe class VirtqueueTests
{
    private const ulong Packed = VirtioFeatures.RingPacked;
    private const ulong Event = VirtioFeatures.EventIndex;

    [Theory]
    [InlineData(0UL)]
    [InlineData(Packed)]
    public void Pop_BufferAcrossRegions_IsSplitThere(ulong features)
    {
        using var rig = new QueueRig(features);
        byte[] content = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        rig.Memory.Write(new GuestAddress(TestMemory.Seam - 30), content);
        rig.Driver.TrySubmit([new DriverBuffer(new(TestMemory.Seam - 30), 100, false)], out _);
        rig.Driver.Publish();

        DescriptorChain chain = rig.Pop();

        Assert.Equal(2, chain.Readable.Length);
        Assert.Equal(30u, chain.Readable[0].Length);
        Assert.Equal(70u, chain.Readable[1].Length);
        byte[] read = new byte[100];
        Assert.Equal(100, chain.Reader.Read(read));
        Assert.Equal(content, read);
        Assert.Equal((nint)rig.Memory.Pointer(new(TestMemory.Seam)), chain.GetReadablePointer()[1].Base);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(Event)]
    [InlineData(Packed)]
    [InlineData(Packed | Event)]
    public void Push_InAnyOrder_ReachesTheDriverInThatOrder(ulong features)
    {
        using var rig = new QueueRig(features);
        var random = new Random(7);
        DriverBuffer[] one = [new(rig.Data, 8, false), new(rig.Data, 8, true)];
        for (int round = 0; round < 200; round++)
        {
            var submitted = new HashSet<ushort>();
            for (int i = random.Next(1, 7); i > 0; i--)
            {
                Assert.True(rig.Driver.TrySubmit(one.AsSpan(0, random.Next(1, 3)), out ushort id));
                submitted.Add(id);
            }

            rig.Driver.Publish();
            var chains = new List<DescriptorChain>();
            while (rig.Queue.TryPop(out DescriptorChain? chain))
            {
                chains.Add(chain);
            }

            var expected = new List<uint>();
            foreach (DescriptorChain chain in chains.OrderBy(_ => random.Next()))
            {
                uint written = (uint)random.Next(9);
                expected.Add(written);
                rig.Queue.Push(chain, written);
            }

            foreach (uint written in expected)
            {
                Assert.True(rig.Driver.TryReap(out ushort id, out uint reaped));
                Assert.Equal(written, reaped);
                Assert.True(submitted.Remove(id));
            }

            Assert.Empty(submitted);
        }

        Assert.Empty(rig.Oddities);
    }

    [Theory]
    [InlineData(Event)]
    [InlineData(Packed | Event)]
    public void SignalUsed_EventIndex_InterruptsOnlyWhenTheWantedEntryIsReached(ulong features)
    {
        using var rig = new QueueRig(features);
        for (int round = 0; round < 70; round++)
        {
            rig.Driver.SetInterrupts(wanted: true);
            int before = rig.Interrupts;
            for (int i = 0; i < 3; i++)
            {
                rig.Driver.TrySubmit([new DriverBuffer(rig.Data, 8, true)], out _);
            }

            rig.Driver.Publish();
            for (int i = 0; i < 3; i++)
            {
                rig.Queue.Push(rig.Pop(), 0);
                rig.Queue.SignalUsed();
                Assert.Equal(before + 1, rig.Interrupts);
            }

            while (rig.Driver.TryReap(out _, out _))
            {
            }
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(Event)]
    [InlineData(Packed)]
    [InlineData(Packed | Event)]
    public void Notifications_Enabled_DriverKicks_Disabled_ItDoesNot(ulong features)
    {
        using var rig = new QueueRig(features);
        for (int round = 0; round < 50; round++)
        {
            Assert.False(rig.Queue.EnableNotifications());
            Assert.True(Submit());
            Assert.True(rig.Queue.EnableNotifications());
            rig.Queue.Push(rig.Pop(), 0);

            rig.Queue.DisableNotifications();
            Assert.False(Submit());
            rig.Queue.Push(rig.Pop(), 0);
            while (rig.Driver.TryReap(out _, out _))
            {
            }
        }

        bool Submit()
        {
            Assert.True(rig.Driver.TrySubmit([new DriverBuffer(rig.Data, 8, true)], out _));
            return rig.Driver.Publish();
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(Packed)]
    public void Unpop_LastChain_ComesOutAgain(ulong features)
    {
        using var rig = new QueueRig(features);
        DriverBuffer[] pair = [new(rig.Data, 8, false), new(rig.Data, 24, true)];
        for (int i = 0; i < 50; i++)
        {
            rig.Driver.TrySubmit(pair, out _);
            rig.Driver.TrySubmit([pair[1]], out ushort second);
            rig.Driver.Publish();
            DescriptorChain first = rig.Pop();
            rig.Queue.Unpop(first);
            Assert.Equal(0, rig.Queue.InFlight);
            first = rig.Pop();
            Assert.Equal(8, first.ReadableLength);
            rig.Queue.Unpop(rig.Pop());

            rig.Queue.Push(rig.Pop(), 24);
            rig.Queue.Push(first, 5);
            Assert.True(rig.Driver.TryReap(out ushort id, out uint written));
            Assert.Equal((second, 24u), (id, written));
            Assert.True(rig.Driver.TryReap(out _, out written));
            Assert.Equal(5u, written);
        }
    }

    [Fact]
    public void Push_Twice_Throws()
    {
        using var rig = new QueueRig(0);
        rig.Driver.TrySubmit([new DriverBuffer(rig.Data, 8, true)], out _);
        rig.Driver.Publish();
        DescriptorChain chain = rig.Pop();
        rig.Queue.Push(chain, 0);

        Assert.Throws<InvalidOperationException>(() => rig.Queue.Push(chain, 0));
    }

    [Fact]
    public void Drain_WithChainsOut_ReportsOnceAfterTheLast()
    {
        using var rig = new QueueRig(0);
        for (int i = 0; i < 3; i++)
        {
            rig.Driver.TrySubmit([new DriverBuffer(rig.Data, 8, true)], out _);
        }

        rig.Driver.Publish();
        DescriptorChain pushed = rig.Pop();
        DescriptorChain abandoned = rig.Pop();
        DescriptorChain held = rig.Pop();
        rig.Queue.Stop();
        rig.Queue.Drain();

        rig.Queue.Push(pushed, 0);
        rig.Queue.Hold(held);
        Assert.Equal(0, rig.Drained);
        rig.Queue.Abandon(abandoned);

        Assert.Equal(1, rig.Drained);
        Assert.Equal(1, rig.Queue.InFlight);
        Assert.True(rig.Driver.TryReap(out _, out _));
        Assert.False(rig.Driver.TryReap(out _, out _));
    }

    [Theory]
    [InlineData(8, 0, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(0, 0, 2)]
    public void Start_UnalignedPart_Breaks(int descriptors, int driver, int device)
    {
        using var rig = new QueueRig(0);
        VirtqueueSettings at = rig.Driver.Settings;
        Assert.Equal("queue at an unaligned address", Start(rig, at with
        {
            Descriptors = at.Descriptors + (ulong)descriptors,
            Driver = at.Driver + (ulong)driver,
            Device = at.Device + (ulong)device,
        }));
    }

    [Fact]
    public void Start_ImpossibleQueue_Breaks()
    {
        using var rig = new QueueRig(0);
        VirtqueueSettings at = rig.Driver.Settings;

        Assert.Equal("queue outside of RAM", Start(rig, at with { Driver = new(TestMemory.Hole) }));
        Assert.Equal("queue outside of RAM", Start(rig, at with { Descriptors = new(ulong.MaxValue - 15) }));
        Assert.Equal("queue across the end of a memory region", Start(rig, at with { Device = new(TestMemory.Seam - 8) }));
        Assert.Equal("split queue whose size is not a power of two", Start(rig, at with { Size = 12 }));
    }

    [Fact]
    public void Pop_AfterMemoryGrew_SeesIt()
    {
        using var rig = new QueueRig(0);
        using var more = new GuestMemoryRegion(new GuestAddress(TestMemory.Hole), HostMapping.AllocatePrivate(0x1000, "test memory"));
        GuestMemory old = rig.Memory.Memory;
        rig.Memory.Map.Replace(new GuestMemory([old.Regions[0], old.Regions[1], more, old.Regions[2]]));
        rig.Driver.TrySubmit([new DriverBuffer(new(TestMemory.Hole), 8, true)], out _);
        rig.Driver.Publish();

        Assert.Equal(8, rig.Pop().WritableLength);
    }

    private static string Start(QueueRig rig, VirtqueueSettings settings)
    {
        using var doorbell = new HostEvent();
        var queue = new Virtqueue(0, settings, 0, rig.Memory.Map, doorbell, rig);
        Assert.False(queue.Start());
        Assert.False(queue.TryPop(out _));
        return rig.Oddities[^1];
    }
}
