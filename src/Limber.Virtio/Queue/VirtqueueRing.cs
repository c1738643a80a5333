using Limber.Memory;

namespace Limber.Virtio;

/// <summary>The layout of one queue in guest memory: <see cref="SplitRing"/> or <see cref="PackedRing"/>.</summary>
/// <remarks>
/// Guest-controlled: every byte. Nothing here throws or loops longer than the queue is.
/// Thread: the queue's loop.
/// </remarks>
internal abstract unsafe class VirtqueueRing
{
    protected VirtqueueRing(in VirtqueueSettings settings, bool indirect, bool eventIndex)
    {
        Settings = settings;
        AllowsIndirect = indirect;
        UsesEventIndex = eventIndex;
    }

    /// <summary>What was wrong when <see cref="TryPop"/> said Broken.</summary>
    public string Error { get; protected set; } = "";

    protected VirtqueueSettings Settings { get; }

    protected bool AllowsIndirect { get; }

    protected bool UsesEventIndex { get; }

    /// <summary>
    /// Looks up where the ring is in this process. Called before the first use and whenever the memory map may have changed.
    /// Each part must be RAM, aligned, and within one region.
    /// </summary>
    /// <returns>What is wrong, or null.</returns>
    public abstract string? Locate(GuestMemory memory);

    /// <summary>Takes the next chain that the driver made available.</summary>
    public abstract PopResult TryPop(GuestMemory memory, DescriptorChain chain);

    /// <summary>Gives a chain back and makes that visible to the driver.</summary>
    public abstract void Push(ushort id, int entries, uint written, bool wroteAnything);

    /// <summary>See <see cref="Virtqueue.UsedIndex"/>. The ring has been located.</summary>
    public virtual ushort UsedIndex => 0;

    /// <summary>See <see cref="Virtqueue.TakeOver"/>. The ring has been located.</summary>
    /// <returns>What is wrong, or null.</returns>
    public virtual string? TakeOver() => "queue of a layout that can't be taken over";

    /// <summary>Undoes the last <see cref="TryPop"/> that has not been undone: the chain comes out again next time.</summary>
    public abstract void Unpop(int entries);

    /// <summary>What is pushed from here on becomes visible to the driver all at once at <see cref="EndBatch"/>.</summary>
    public abstract void BeginBatch();

    /// <summary>See <see cref="BeginBatch"/>.</summary>
    public abstract void EndBatch();

    /// <summary>True when the driver wants an interrupt for what was pushed since the last question.</summary>
    public abstract bool NeedsInterrupt();

    /// <summary>Asks the driver to notify; true when it made something available meanwhile, perhaps without notifying.</summary>
    public abstract bool EnableNotifications();

    /// <summary>Lets the driver off notifying; a hint that it may ignore.</summary>
    public abstract void DisableNotifications();

    protected static string? Locate(GuestMemory memory, GuestAddress address, int length, ulong alignment, out byte* host)
    {
        host = null;
        if ((address.Value & (alignment - 1)) != 0)
        {
            return "queue at an unaligned address";
        }

        if (!memory.TryTranslate(address, out nint found, out ulong contiguous))
        {
            return "queue outside of RAM";
        }

        if (contiguous < (ulong)length)
        {
            return "queue across the end of a memory region";
        }

        host = (byte*)found;
        return null;
    }

    /// <summary>Appends what an indirect table describes (VIRTIO 1.2, 2.7.5.3, 2.8.7).</summary>
    /// <param name="memory">The map.</param>
    /// <param name="chain">Receives the segments.</param>
    /// <param name="table">The descriptor that points to the table; its WRITE flag means nothing.</param>
    /// <param name="linked">Split rings link entries by NEXT; in a packed ring's table all entries count, in order.</param>
    /// <returns>What is wrong, or null.</returns>
    protected string? AppendIndirect(GuestMemory memory, DescriptorChain chain, in VirtqueueDescriptor table, bool linked)
    {
        if (!AllowsIndirect)
        {
            return "indirect descriptor without the feature";
        }

        if (table.Length == 0 || table.Length % VirtqueueDescriptor.Bytes != 0)
        {
            return "indirect table whose length is not a multiple of 16";
        }

        uint entries = table.Length / VirtqueueDescriptor.Bytes;
        uint index = 0;
        while (true)
        {
            // A table entry is visited at most once a step and steps are limited by the queue size, so loops end here.
            if (chain.Descriptors >= Settings.Size)
            {
                return "descriptor chain longer than the queue";
            }

            if (!TryReadEntry(memory, table.Address, index, out VirtqueueDescriptor entry))
            {
                return "indirect table outside of RAM";
            }

            ushort flags = linked ? entry.Word12 : entry.Word14;
            if ((flags & VirtqueueDescriptor.Indirect) != 0)
            {
                return "indirect descriptor inside an indirect table";
            }

            if (chain.Append(memory, entry.Address, entry.Length, (flags & VirtqueueDescriptor.Write) != 0) is { } error)
            {
                return error;
            }

            bool more = linked ? (flags & VirtqueueDescriptor.Next) != 0 : index + 1 < entries;
            if (!more)
            {
                return null;
            }

            index = linked ? entry.Word14 : index + 1;
            if (index >= entries)
            {
                return "descriptor index beyond the indirect table";
            }
        }
    }

    private static bool TryReadEntry(GuestMemory memory, ulong table, uint index, out VirtqueueDescriptor entry)
    {
        ulong address = unchecked(table + ((ulong)index * VirtqueueDescriptor.Bytes));
        if (!memory.TryTranslate(new GuestAddress(address), out nint host, out ulong contiguous)
            || contiguous < VirtqueueDescriptor.Bytes)
        {
            entry = default;
            return false;
        }

        entry = VirtqueueDescriptor.Read((byte*)host);
        return true;
    }
}
