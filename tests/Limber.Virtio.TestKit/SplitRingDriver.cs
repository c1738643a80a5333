using System;
using System.Threading;
using Limber.Memory;

namespace Limber.Virtio.TestKit;

/// <summary>VIRTIO 1.2, 2.7, from the driver's side.</summary>
public sealed unsafe class SplitRingDriver : RingDriver
{
    private readonly byte* descriptors;
    private readonly byte* available;
    private readonly byte* used;
    private readonly ushort[] next;
    private readonly int[] lengths;
    private ushort free;
    private int freeCount;
    private ushort submitted;
    private ushort published;
    private ushort reaped;

    public SplitRingDriver(TestMemory memory, int size, ulong features)
        : base(memory, size, features)
    {
        Settings = new VirtqueueSettings(size, memory.Allocate(size * 16), memory.Allocate(6 + (2 * size)), memory.Allocate(6 + (8 * size)));
        descriptors = memory.Pointer(Settings.Descriptors);
        available = memory.Pointer(Settings.Driver);
        used = memory.Pointer(Settings.Device);
        new Span<byte>(available, 6 + (2 * size)).Clear();
        new Span<byte>(used, 6 + (8 * size)).Clear();
        next = new ushort[size];
        lengths = new int[size];
        for (int i = 0; i < size; i++)
        {
            next[i] = (ushort)(i + 1);
        }

        freeCount = size;
    }

    public override bool TrySubmit(ReadOnlySpan<DriverBuffer> buffers, out ushort id)
    {
        id = free;
        int needed = UsesIndirect ? 1 : buffers.Length;
        if (needed > freeCount)
        {
            return false;
        }

        if (UsesIndirect)
        {
            ulong table = Tables + ((ulong)id * MaximumBuffers * 16);
            byte* entries = Memory.Pointer(new GuestAddress(table));
            for (int i = 0; i < buffers.Length; i++)
            {
                WriteDescriptor(
                    entries + (16 * i), buffers[i].Address.Value, (uint)buffers[i].Length, Flags(buffers, i), (ushort)(i + 1));
            }

            WriteDescriptor(descriptors + (16 * id), table, (uint)(16 * buffers.Length), 4, 0);
            free = next[id];
        }
        else
        {
            for (int i = 0; i < buffers.Length; i++)
            {
                WriteDescriptor(
                    descriptors + (16 * free), buffers[i].Address.Value, (uint)buffers[i].Length, Flags(buffers, i), next[free]);
                free = next[free];
            }
        }

        freeCount -= needed;
        lengths[id] = needed;
        Store(available + 4 + (2 * (submitted % Size)), id);
        submitted = unchecked((ushort)(submitted + 1));
        Outstanding++;
        return true;
    }

    public override bool Publish()
    {
        ushort old = published;
        published = submitted;
        Store(available + 2, submitted);
        Thread.MemoryBarrier();
        if (!UsesEventIndex)
        {
            return (Load(used) & 1) == 0;
        }

        ushort wanted = Load(used + 4 + (8 * Size));
        return unchecked((ushort)(submitted - wanted - 1)) < unchecked((ushort)(submitted - old));
    }

    public override bool TryReap(out ushort id, out uint written)
    {
        id = 0;
        written = 0;
        if (Load(used + 2) == reaped)
        {
            return false;
        }

        byte* entry = used + 4 + (8 * (reaped % Size));
        id = (ushort)*(uint*)entry;
        written = *(uint*)(entry + 4);
        reaped = unchecked((ushort)(reaped + 1));
        ushort last = id;
        for (int i = 1; i < lengths[id]; i++)
        {
            last = next[last];
        }

        next[last] = free;
        free = id;
        freeCount += lengths[id];
        Outstanding--;
        return true;
    }

    public override bool SetInterrupts(bool wanted)
    {
        if (UsesEventIndex)
        {
            Store(available + 4 + (2 * Size), wanted ? reaped : unchecked((ushort)(reaped - 1)));
        }
        else
        {
            Store(available, wanted ? (ushort)0 : (ushort)1);
        }

        Thread.MemoryBarrier();
        return Load(used + 2) != reaped;
    }

    private static ushort Flags(ReadOnlySpan<DriverBuffer> buffers, int i) =>
        (ushort)((i + 1 < buffers.Length ? 1 : 0) | (buffers[i].IsWritable ? 2 : 0));
}
