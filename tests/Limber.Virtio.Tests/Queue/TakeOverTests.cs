using System;
using System.Collections.Generic;
using Limber.Interop;
using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests.Queue;

/// <summary>A queue that goes on where another, of a back end that is gone, has left the ring.</summary>
public sealed unsafe class TakeOverTests
{
    private const int Size = 64;

    private static Virtqueue CreateSecond(QueueRig rig, HostEvent doorbell, ulong features = 0)
    {
        var queue = new Virtqueue(0, rig.Driver.Settings, features, rig.Memory.Map, doorbell, rig);
        Assert.True(queue.Start());
        return queue;
    }

    private static ushort Submit(QueueRig rig)
    {
        Assert.True(rig.Driver.TrySubmit([new DriverBuffer(rig.Data, 8, false), new DriverBuffer(rig.Data + 64, 8, true)], out ushort id));
        rig.Driver.Publish();
        return id;
    }

    private static ushort[] Drain(Virtqueue queue)
    {
        var heads = new List<ushort>();
        while (queue.TryPop(out DescriptorChain? chain))
        {
            heads.Add(chain.Id);
            queue.Push(chain, 0);
        }

        return [.. heads];
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeatures.EventIndex)]
    public void TakeOver_OfAFreshRing_GivesEverythingOutInOrder(ulong features)
    {
        using var rig = new QueueRig(features, Size);
        using var doorbell = new HostEvent();
        ushort[] submitted = [Submit(rig), Submit(rig), Submit(rig)];
        Virtqueue second = CreateSecond(rig, doorbell, features);
        Assert.True(second.TakeOver());
        Assert.Equal(submitted, Drain(second));
        Assert.Equal([Submit(rig)], Drain(second));
        Assert.Empty(rig.Oddities);
    }

    // Seeded: a back end whose queue is empty now and then completes in any order, dies at any moment, over several laps of the ring and of its 16-bit indices.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void TakeOver_AtAnyMoment_GivesOutWhatWasNotCompleted(int seed)
    {
        var random = FuzzSeed.Create(seed);
        using var rig = new QueueRig(0, Size);
        using var doorbell = new HostEvent();
        for (int life = 0; life < 200; life++)
        {
            Virtqueue backend = CreateSecond(rig, doorbell);
            Assert.True(backend.TakeOver());
            var taken = new List<DescriptorChain>();
            var outstanding = new HashSet<ushort>();
            int steps = random.Next(1000);
            for (int step = 0; step < steps; step++)
            {
                if (rig.Driver.Outstanding < 6 && random.Next(3) == 0)
                {
                    outstanding.Add(Submit(rig));
                }
                else if (random.Next(2) == 0 && backend.TryPop(out DescriptorChain? chain))
                {
                    taken.Add(chain);
                }
                else if (taken.Count != 0)
                {
                    DescriptorChain done = taken[random.Next(taken.Count)];
                    taken.Remove(done);
                    backend.Push(done, 0);
                    Assert.True(rig.Driver.TryReap(out ushort reaped, out _));
                    outstanding.Remove(reaped);
                }
            }

            Virtqueue second = CreateSecond(rig, doorbell);
            Assert.True(second.TakeOver());
            var left = new SortedSet<ushort>(outstanding);
            Assert.Equal(left, new SortedSet<ushort>(Drain(second)));
            while (rig.Driver.TryReap(out _, out _))
            {
            }

            Assert.Equal(0, rig.Driver.Outstanding);
        }

        Assert.Empty(rig.Oddities);
    }

    [Fact]
    public void Unpop_OfAnOrphan_GivesItOutAgain()
    {
        using var rig = new QueueRig(0, Size);
        using var doorbell = new HostEvent();
        ushort[] submitted = [Submit(rig), Submit(rig)];
        Virtqueue second = CreateSecond(rig, doorbell);
        Assert.True(second.TakeOver());
        Assert.True(second.TryPop(out DescriptorChain? first));
        second.Unpop(first);
        Assert.True(second.EnableNotifications());
        Assert.Equal(submitted, Drain(second));
        Assert.False(second.EnableNotifications());
    }

    [Fact]
    public void TakeOver_OfIndicesTooFarApart_BreaksTheQueue()
    {
        using var rig = new QueueRig(0, Size);
        using var doorbell = new HostEvent();
        *(ushort*)(rig.Available + 2) = Size + 1;
        Virtqueue second = CreateSecond(rig, doorbell);
        Assert.False(second.TakeOver());
        Assert.True(second.IsBroken);
        Assert.Equal(["queue that was served by another, whose indices and entries don't fit together"], rig.Oddities);
    }

    [Fact]
    public void TakeOver_OfHeadsBeyondTheQueue_BreaksTheQueue()
    {
        using var rig = new QueueRig(0, Size);
        using var doorbell = new HostEvent();
        rig.Offer(Size);
        Virtqueue second = CreateSecond(rig, doorbell);
        Assert.False(second.TakeOver());
        Assert.Single(rig.Oddities);
    }

    [Fact]
    public void TakeOver_OfOneHeadTwice_BreaksTheQueue()
    {
        using var rig = new QueueRig(0, Size);
        using var doorbell = new HostEvent();
        *(ushort*)(rig.Available + 4) = 3;
        *(ushort*)(rig.Available + 6) = 3;
        *(ushort*)(rig.Available + 2) = 2;
        Virtqueue second = CreateSecond(rig, doorbell);
        Assert.False(second.TakeOver());
        Assert.Single(rig.Oddities);
    }

    [Fact]
    public void TakeOver_OfAPackedRing_IsRefused()
    {
        using var rig = new QueueRig(VirtioFeatures.RingPacked, Size);
        Assert.False(rig.Queue.TakeOver());
        Assert.True(rig.Queue.IsBroken);
    }
}
