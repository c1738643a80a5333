using System;
using System.Collections.Generic;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio.TestKit;

namespace Limber.Virtio.Tests.Fakes;

/// <summary>One queue without a device, with its ring open for writing anything.</summary>
internal sealed unsafe class QueueRig : IVirtqueueOwner, IDisposable
{
    private readonly HostEvent doorbell = new();

    public QueueRig(ulong features, int size = 16)
    {
        Driver = RingDriver.Create(Memory, size, features);
        Queue = new Virtqueue(0, Driver.Settings, features, Memory.Map, doorbell, this);
        Assert.True(Queue.Start());
        Descriptors = Memory.Pointer(Driver.Settings.Descriptors);
        Available = Memory.Pointer(Driver.Settings.Driver);
        Data = Memory.Allocate(0x1000);
    }

    public TestMemory Memory { get; } = new();

    public RingDriver Driver { get; }

    public Virtqueue Queue { get; }

    public byte* Descriptors { get; }

    public byte* Available { get; }

    /// <summary>A page of RAM for buffers.</summary>
    public GuestAddress Data { get; }

    public List<string> Oddities { get; } = [];

    public int Interrupts { get; private set; }

    public int Drained { get; private set; }

    public void Describe(int index, ulong address, uint length, int flags, int next = 0) =>
        DescribeAt(Descriptors + (16 * index), address, length, flags, next);

    public static void DescribeAt(byte* at, ulong address, uint length, int word12, int word14)
    {
        *(ulong*)at = address;
        *(uint*)(at + 8) = length;
        *(ushort*)(at + 12) = (ushort)word12;
        *(ushort*)(at + 14) = (ushort)word14;
    }

    /// <summary>Makes one chain of a split ring available.</summary>
    public void Offer(int head, int index = 1)
    {
        *(ushort*)(Available + 4) = (ushort)head;
        *(ushort*)(Available + 2) = (ushort)index;
    }

    public void AssertBroken(string oddity)
    {
        Assert.False(Queue.TryPop(out _));
        Assert.False(Queue.TryPop(out _));
        Assert.True(Queue.IsBroken);
        Assert.Equal([oddity], Oddities);
        Assert.Equal(0, Queue.InFlight);
    }

    public DescriptorChain Pop()
    {
        Assert.True(Queue.TryPop(out DescriptorChain? chain));
        return chain;
    }

    public void OnQueueBroken(Virtqueue queue, string oddity) => Oddities.Add(oddity);

    public void OnInterrupt(Virtqueue queue) => Interrupts++;

    public void OnDrained(Virtqueue queue) => Drained++;

    public void Dispose()
    {
        doorbell.Dispose();
        Memory.Dispose();
    }
}
