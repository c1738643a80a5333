using System;
using System.Threading;

namespace Limber.Virtio.TestKit;

/// <summary>The driver's side of one queue, over the same guest memory; both kinds of ring.</summary>
public abstract unsafe class RingDriver
{
    /// <summary>Most buffers of a request.</summary>
    public const int MaximumBuffers = 16;

    protected RingDriver(TestMemory memory, int size, ulong features)
    {
        ArgumentNullException.ThrowIfNull(memory);
        Memory = memory;
        Size = size;
        UsesIndirect = (features & VirtioFeatures.IndirectDescriptors) != 0;
        UsesEventIndex = (features & VirtioFeatures.EventIndex) != 0;
        Tables = UsesIndirect ? memory.Allocate(size * MaximumBuffers * 16).Value : 0;
    }

    public VirtqueueSettings Settings { get; protected init; }

    public int Size { get; }

    /// <summary>Number of requests the device has and has not given back.</summary>
    public int Outstanding { get; protected set; }

    protected TestMemory Memory { get; }

    protected bool UsesIndirect { get; }

    protected bool UsesEventIndex { get; }

    protected ulong Tables { get; }

    public static RingDriver Create(TestMemory memory, int size, ulong features) =>
        (features & VirtioFeatures.RingPacked) != 0
            ? new PackedRingDriver(memory, size, features)
            : new SplitRingDriver(memory, size, features);

    /// <summary>Puts a request into the ring; false when there is no room.</summary>
    public abstract bool TrySubmit(ReadOnlySpan<DriverBuffer> buffers, out ushort id);

    /// <summary>Shows the device what was submitted; true when it wants to be notified.</summary>
    public abstract bool Publish();

    /// <summary>Takes a request back.</summary>
    public abstract bool TryReap(out ushort id, out uint written);

    /// <summary>Wants an interrupt for the next request that is given back, or none; true when one is there already.</summary>
    public abstract bool SetInterrupts(bool wanted);

    protected static ushort Load(byte* address) => Volatile.Read(ref *(ushort*)address);

    protected static void Store(byte* address, ushort value) => Volatile.Write(ref *(ushort*)address, value);

    protected static void WriteDescriptor(byte* at, ulong address, uint length, ushort word12, ushort word14)
    {
        *(ulong*)at = address;
        *(uint*)(at + 8) = length;
        *(ushort*)(at + 12) = word12;
        Store(at + 14, word14);
    }
}
