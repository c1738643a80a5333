using System.Threading;
using Limber.Memory;

namespace Limber.Virtio;

/// <summary>
/// A packed virtqueue (VIRTIO 1.2, 2.8): driver and device write into one ring of descriptors. A descriptor is available when
/// its AVAIL bit equals the driver's wrap counter and its USED bit does not; used when both equal the device's wrap counter.
/// <code>
///   descriptors                 16 bytes each
///   driver, device suppression  0 le16 desc (bits 0-14 offset, 15 wrap)   2 le16 flags (0 on, 1 off, 2 at desc)
/// </code>
/// </summary>
internal sealed unsafe class PackedRing : VirtqueueRing
{
    private const ushort EventsOn = 0;
    private const ushort EventsOff = 1;
    private const ushort EventsAtDescriptor = 2;
    private const ushort WrapBit = 1 << 15;
    private readonly int size;
    private byte* descriptors;
    private byte* driverEvents;
    private byte* deviceEvents;

    // Positions run through both laps of the wrap counter: 0..size-1 with the counter at 1, size..2*size-1 with it at 0.
    private int availablePosition;
    private int usedPosition;
    private int outstanding;
    private int pushedSinceSignal;
    private byte* batchFirst;
    private ushort batchFlags;
    private bool batching;

    public PackedRing(in VirtqueueSettings settings, bool indirect, bool eventIndex)
        : base(settings, indirect, eventIndex) => size = settings.Size;

    public override string? Locate(GuestMemory memory) =>
        Locate(memory, Settings.Descriptors, size * VirtqueueDescriptor.Bytes, 16, out descriptors)
        ?? Locate(memory, Settings.Driver, 4, 4, out driverEvents)
        ?? Locate(memory, Settings.Device, 4, 4, out deviceEvents);

    public override PopResult TryPop(GuestMemory memory, DescriptorChain chain)
    {
        if (!IsAvailable())
        {
            return PopResult.Empty;
        }

        chain.Clear();
        chain.Entries = 0;
        int position = availablePosition;
        string? error = null;
        while (error is null)
        {
            if (outstanding + chain.Entries >= size)
            {
                error = "descriptor chain longer than the queue";
                break;
            }

            VirtqueueDescriptor descriptor = VirtqueueDescriptor.Read(Entry(position));
            chain.Entries++;
            position = Advance(position, 1);
            ushort flags = descriptor.Word14;
            if ((flags & VirtqueueDescriptor.Indirect) != 0)
            {
                error = (flags & VirtqueueDescriptor.Next) != 0
                    ? "indirect descriptor with a next one"
                    : AppendIndirect(memory, chain, descriptor, linked: false);
            }
            else
            {
                error = chain.Append(memory, descriptor.Address, descriptor.Length, (flags & VirtqueueDescriptor.Write) != 0);
            }

            if ((flags & VirtqueueDescriptor.Next) == 0)
            {
                // Spec: VIRTIO 1.2 2.8.6: the last descriptor of the list carries the buffer id.
                chain.Id = descriptor.Word12;
                break;
            }
        }

        if (error is not null)
        {
            Error = error;
            return PopResult.Broken;
        }

        availablePosition = position;
        outstanding += chain.Entries;
        return PopResult.Taken;
    }

    public override void Push(ushort id, int entries, uint written, bool wroteAnything)
    {
        byte* entry = Entry(usedPosition);
        *(uint*)(entry + 8) = written;
        *(ushort*)(entry + 12) = id;
        ushort flags = usedPosition < size
            ? (ushort)(VirtqueueDescriptor.PackedAvailable | VirtqueueDescriptor.PackedUsed)
            : (ushort)0;
        if (wroteAnything)
        {
            flags |= VirtqueueDescriptor.Write;
        }

        if (batching && batchFirst is null)
        {
            // The driver looks at the entries in order, so it sees none of the batch before it sees this one.
            batchFirst = entry;
            batchFlags = flags;
        }
        else
        {
            // Release: id, length and what the device wrote to the buffers are visible before the flags that announce them.
            Volatile.Write(ref *(ushort*)(entry + 14), flags);
        }

        usedPosition = Advance(usedPosition, entries);
        outstanding -= entries;
        pushedSinceSignal = System.Math.Min(pushedSinceSignal + entries, 2 * size);
    }

    public override void Unpop(int entries)
    {
        availablePosition = availablePosition >= entries ? availablePosition - entries : availablePosition + (2 * size) - entries;
        outstanding -= entries;
    }

    public override void BeginBatch() => batching = true;

    public override void EndBatch()
    {
        batching = false;
        if (batchFirst is not null)
        {
            // Release: as in Push, for all entries of the batch.
            Volatile.Write(ref *(ushort*)(batchFirst + 14), batchFlags);
            batchFirst = null;
        }
    }

    public override bool NeedsInterrupt()
    {
        int pushed = pushedSinceSignal;
        if (pushed == 0)
        {
            return false;
        }

        // Full fence: used flags visible before the driver's wish is read; the driver does it the other way round.
        Thread.MemoryBarrier();
        pushedSinceSignal = 0;
        uint wish = Volatile.Read(ref *(uint*)driverEvents);
        int mode = (int)(wish >> 16) & 3;
        if (mode == EventsOff)
        {
            return false;
        }

        if (mode != EventsAtDescriptor || !UsesEventIndex || pushed >= 2 * size)
        {
            return true;
        }

        int offset = (int)(wish & 0x7fff);
        if (offset >= size)
        {
            return true;
        }

        // The wish names a position; it is among those just pushed when it lies less than `pushed` behind the next one.
        int wanted = (wish & WrapBit) != 0 ? offset : offset + size;
        int behind = usedPosition - wanted;
        behind = behind <= 0 ? behind + (2 * size) : behind;
        return behind <= pushed;
    }

    public override bool EnableNotifications()
    {
        if (UsesEventIndex)
        {
            int offset = availablePosition % size;
            ushort wrap = availablePosition < size ? WrapBit : (ushort)0;
            Volatile.Write(ref *(ushort*)deviceEvents, (ushort)(offset | wrap));
            Volatile.Write(ref *(ushort*)(deviceEvents + 2), EventsAtDescriptor);
        }
        else
        {
            Volatile.Write(ref *(ushort*)(deviceEvents + 2), EventsOn);
        }

        // Full fence: the wish must be visible before the descriptor is read again, see NeedsInterrupt.
        Thread.MemoryBarrier();
        return IsAvailable();
    }

    public override void DisableNotifications() => Volatile.Write(ref *(ushort*)(deviceEvents + 2), EventsOff);

    private bool IsAvailable()
    {
        // A driver that announces more than it owns finds the device waiting until it has given something back.
        if (outstanding >= size)
        {
            return false;
        }

        // Acquire: the rest of the descriptor, and those chained to it, are read after the flags that announce them.
        ushort flags = Volatile.Read(ref *(ushort*)(Entry(availablePosition) + 14));
        bool available = (flags & VirtqueueDescriptor.PackedAvailable) != 0;
        bool used = (flags & VirtqueueDescriptor.PackedUsed) != 0;
        bool wrap = availablePosition < size;
        return available == wrap && used != wrap;
    }

    private byte* Entry(int position) =>
        descriptors + ((position < size ? position : position - size) * VirtqueueDescriptor.Bytes);

    private int Advance(int position, int entries)
    {
        position += entries;
        return position >= 2 * size ? position - (2 * size) : position;
    }
}
