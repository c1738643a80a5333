using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Memory;

namespace Limber.Virtio.TestKit;

/// <summary>VIRTIO 1.2, 2.8, from the driver's side.</summary>
public sealed unsafe class PackedRingDriver : RingDriver
{
    private readonly byte* descriptors;
    private readonly byte* driverEvents;
    private readonly byte* deviceEvents;
    private readonly Stack<ushort> ids = new();
    private readonly int[] lengths;
    private int position;
    private int usedPosition;
    private int freeCount;
    private int pending;
    private int firstPending = -1;
    private ushort firstFlags;

    public PackedRingDriver(TestMemory memory, int size, ulong features)
        : base(memory, size, features)
    {
        Settings = new VirtqueueSettings(size, memory.Allocate(size * 16), memory.Allocate(4), memory.Allocate(4));
        descriptors = memory.Pointer(Settings.Descriptors);
        driverEvents = memory.Pointer(Settings.Driver);
        deviceEvents = memory.Pointer(Settings.Device);
        new Span<byte>(descriptors, size * 16).Clear();
        *(uint*)driverEvents = 0;
        *(uint*)deviceEvents = 0;
        lengths = new int[size];
        freeCount = size;
        for (int i = size - 1; i >= 0; i--)
        {
            ids.Push((ushort)i);
        }
    }

    public override bool TrySubmit(ReadOnlySpan<DriverBuffer> buffers, out ushort id)
    {
        id = 0;
        int needed = UsesIndirect ? 1 : buffers.Length;
        if (needed > freeCount || !ids.TryPop(out id))
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
                    entries + (16 * i), buffers[i].Address.Value, (uint)buffers[i].Length, 0xdead, buffers[i].IsWritable ? (ushort)2 : (ushort)0);
            }

            Put(table, (uint)(16 * buffers.Length), id, 4);
        }
        else
        {
            for (int i = 0; i < buffers.Length; i++)
            {
                int flags = (i + 1 < buffers.Length ? 1 : 0) | (buffers[i].IsWritable ? 2 : 0);
                Put(buffers[i].Address.Value, (uint)buffers[i].Length, id, flags);
            }
        }

        freeCount -= needed;
        lengths[id] = needed;
        Outstanding++;
        return true;
    }

    public override bool Publish()
    {
        if (firstPending < 0)
        {
            return false;
        }

        int first = firstPending;
        int count = pending;
        Store(Entry(first) + 14, firstFlags);
        firstPending = -1;
        pending = 0;
        Thread.MemoryBarrier();
        ushort mode = Load(deviceEvents + 2);
        if (mode != 2)
        {
            return mode == 0;
        }

        ushort wish = Load(deviceEvents);
        int wanted = (wish & 0x7fff) + ((wish & 0x8000) != 0 ? 0 : Size);
        int ahead = wanted - first;
        return (ahead < 0 ? ahead + (2 * Size) : ahead) < count;
    }

    public override bool TryReap(out ushort id, out uint written)
    {
        id = 0;
        written = 0;
        if (!IsUsed())
        {
            return false;
        }

        byte* entry = Entry(usedPosition);
        id = *(ushort*)(entry + 12);
        written = *(uint*)(entry + 8);
        usedPosition = (usedPosition + lengths[id]) % (2 * Size);
        freeCount += lengths[id];
        ids.Push(id);
        Outstanding--;
        return true;
    }

    public override bool SetInterrupts(bool wanted)
    {
        if (!wanted)
        {
            Store(driverEvents + 2, 1);
        }
        else if (UsesEventIndex)
        {
            Store(driverEvents, (ushort)((usedPosition % Size) | (usedPosition < Size ? 0x8000 : 0)));
            Store(driverEvents + 2, 2);
        }
        else
        {
            Store(driverEvents + 2, 0);
        }

        Thread.MemoryBarrier();
        return IsUsed();
    }

    private bool IsUsed()
    {
        ushort flags = Load(Entry(usedPosition) + 14);
        bool wrap = usedPosition < Size;
        return (flags & 0x80) != 0 == wrap && (flags & 0x8000) != 0 == wrap;
    }

    private void Put(ulong address, uint length, ushort id, int flags)
    {
        ushort word = (ushort)(flags | (position < Size ? 0x80 : 0x8000));
        byte* entry = Entry(position);
        *(ulong*)entry = address;
        *(uint*)(entry + 8) = length;
        *(ushort*)(entry + 12) = id;
        if (firstPending < 0)
        {
            // The first one's flags announce all of them, so they are written by Publish.
            firstPending = position;
            firstFlags = word;
        }
        else
        {
            Store(entry + 14, word);
        }

        pending++;
        position = (position + 1) % (2 * Size);
    }

    private byte* Entry(int at) => descriptors + (16 * (at % Size));
}
