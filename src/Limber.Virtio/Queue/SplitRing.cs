using System.Numerics;
using System.Threading;
using Limber.Memory;

namespace Limber.Virtio;

/// <summary>
/// A split virtqueue (VIRTIO 1.2, 2.7).
/// <code>
///   descriptors   16 bytes each
///   available     0 le16 flags   2 le16 idx   4 le16 ring[size]          then le16 used_event     the driver writes
///   used          0 le16 flags   2 le16 idx   4 {le32 id, le32 len}[size] then le16 avail_event    the device writes
/// </code>
/// </summary>
internal sealed unsafe class SplitRing : VirtqueueRing
{
    private const ushort NoNotify = 1;
    private const ushort NoInterrupt = 1;
    private readonly int mask;
    private byte* descriptors;
    private byte* available;
    private byte* used;
    private ushort nextAvailable;
    private ushort nextUsed;
    private ushort signalledUsed;
    private ushort outstanding;
    private bool batching;

    // What another has left undone, and how much of that has been taken; empty once something newer is taken.
    private ushort[] orphans = [];
    private int nextOrphan;

    public SplitRing(in VirtqueueSettings settings, bool indirect, bool eventIndex)
        : base(settings, indirect, eventIndex) => mask = settings.Size - 1;

    public override string? Locate(GuestMemory memory)
    {
        int size = Settings.Size;
        if (!BitOperations.IsPow2(size))
        {
            return "split queue whose size is not a power of two";
        }

        return Locate(memory, Settings.Descriptors, size * VirtqueueDescriptor.Bytes, 16, out descriptors)
            ?? Locate(memory, Settings.Driver, 6 + (2 * size), 2, out available)
            ?? Locate(memory, Settings.Device, 6 + (8 * size), 4, out used);
    }

    public override PopResult TryPop(GuestMemory memory, DescriptorChain chain)
    {
        return nextOrphan < orphans.Length ? TryPopOrphan(memory, chain) : TryPopAvailable(memory, chain);
    }

    public override ushort UsedIndex => used is null ? (ushort)0 : Volatile.Read(ref *(ushort*)(used + 2));

    public override string? TakeOver()
    {
        // Acquire, as in TryPopAvailable. The used ring has no other writer any more.
        ushort announced = Volatile.Read(ref *(ushort*)(available + 2));
        nextUsed = Volatile.Read(ref *(ushort*)(used + 2));
        var search = new SplitRingOrphans(available + 4, used + 4, Settings.Size);
        if (search.Find(nextUsed, announced) is not { } found)
        {
            return "queue that was served by another, whose indices and entries don't fit together";
        }

        orphans = found;
        nextOrphan = 0;
        nextAvailable = announced;
        signalledUsed = nextUsed;
        outstanding = (ushort)found.Length;
        return null;
    }

    private PopResult TryPopOrphan(GuestMemory memory, DescriptorChain chain)
    {
        chain.Clear();
        chain.Id = orphans[nextOrphan];
        if (Walk(memory, chain, chain.Id) is { } error)
        {
            return Break(error);
        }

        // Counted as outstanding already.
        nextOrphan++;
        return PopResult.Taken;
    }

    private PopResult TryPopAvailable(GuestMemory memory, DescriptorChain chain)
    {
        // Acquire: ring entries and descriptors are read after the index that announces them.
        ushort announced = Volatile.Read(ref *(ushort*)(available + 2));
        int waiting = unchecked((ushort)(announced - nextAvailable));
        if (waiting == 0)
        {
            return PopResult.Empty;
        }

        // What is announced and what is outstanding never exceed the queue together, unless the driver reuses entries.
        if (waiting + outstanding > Settings.Size)
        {
            return Break("available index ahead by more than the queue size");
        }

        ushort head = Volatile.Read(ref *(ushort*)(available + 4 + (2 * (nextAvailable & mask))));
        chain.Clear();
        chain.Id = head;
        if (Walk(memory, chain, head) is { } error)
        {
            return Break(error);
        }

        orphans = [];
        nextOrphan = 0;
        nextAvailable = unchecked((ushort)(nextAvailable + 1));
        outstanding++;
        return PopResult.Taken;
    }

    public override void Push(ushort id, int entries, uint written, bool wroteAnything)
    {
        byte* entry = used + 4 + (8 * (nextUsed & mask));
        *(uint*)entry = id;
        *(uint*)(entry + 4) = written;
        nextUsed = unchecked((ushort)(nextUsed + 1));
        outstanding--;

        if (!batching)
        {
            PublishUsed();
        }
    }

    public override void Unpop(int entries)
    {
        if (nextOrphan != 0)
        {
            nextOrphan--;
            return;
        }

        nextAvailable = unchecked((ushort)(nextAvailable - 1));
        outstanding--;
    }

    public override void BeginBatch() => batching = true;

    public override void EndBatch()
    {
        batching = false;
        PublishUsed();
    }

    public override bool NeedsInterrupt()
    {
        ushort pushed = unchecked((ushort)(nextUsed - signalledUsed));
        if (pushed == 0)
        {
            return false;
        }

        // Full fence: the used index must be visible before the driver's wish is read. The driver does it the other way
        // round (writes its wish, fence, reads the used index), so one of the two sees the other.
        Thread.MemoryBarrier();
        ushort old = signalledUsed;
        signalledUsed = nextUsed;
        if (!UsesEventIndex)
        {
            return (Volatile.Read(ref *(ushort*)available) & NoInterrupt) == 0;
        }

        // Spec: VIRTIO 1.2 2.7.7.2: interrupt when the entry that used_event names is among those just pushed.
        ushort wanted = Volatile.Read(ref *(ushort*)(available + 4 + (2 * Settings.Size)));
        return unchecked((ushort)(nextUsed - wanted - 1)) < unchecked((ushort)(nextUsed - old));
    }

    public override bool EnableNotifications()
    {
        if (UsesEventIndex)
        {
            Volatile.Write(ref *(ushort*)(used + 4 + (8 * Settings.Size)), nextAvailable);
        }
        else
        {
            Volatile.Write(ref *(ushort*)used, 0);
        }

        // Full fence: the wish must be visible before the index is read again, see NeedsInterrupt.
        Thread.MemoryBarrier();
        return nextOrphan < orphans.Length || Volatile.Read(ref *(ushort*)(available + 2)) != nextAvailable;
    }

    public override void DisableNotifications()
    {
        // With event index the old avail_event stays behind and does the same.
        if (!UsesEventIndex)
        {
            Volatile.Write(ref *(ushort*)used, NoNotify);
        }
    }

    private string? Walk(GuestMemory memory, DescriptorChain chain, ushort head)
    {
        uint index = head;
        while (true)
        {
            if (index >= (uint)Settings.Size)
            {
                return "descriptor index beyond the queue";
            }

            if (chain.Descriptors >= Settings.Size)
            {
                return "descriptor chain longer than the queue";
            }

            VirtqueueDescriptor descriptor = VirtqueueDescriptor.Read(descriptors + (index * VirtqueueDescriptor.Bytes));
            ushort flags = descriptor.Word12;
            if ((flags & VirtqueueDescriptor.Indirect) != 0)
            {
                return (flags & VirtqueueDescriptor.Next) != 0
                    ? "indirect descriptor with a next one"
                    : AppendIndirect(memory, chain, descriptor, linked: true);
            }

            if (chain.Append(memory, descriptor.Address, descriptor.Length, (flags & VirtqueueDescriptor.Write) != 0) is { } error)
            {
                return error;
            }

            if ((flags & VirtqueueDescriptor.Next) == 0)
            {
                return null;
            }

            index = descriptor.Word14;
        }
    }

    // Release: the entries, and what the device wrote to the buffers, are visible before the index.
    private void PublishUsed() => Volatile.Write(ref *(ushort*)(used + 2), nextUsed);

    private PopResult Break(string error)
    {
        Error = error;
        return PopResult.Broken;
    }
}
