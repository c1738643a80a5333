using System;
using System.Collections.Generic;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Qcow2;

/// <summary>Slices of metadata tables in memory, written back when they are flushed. Bounded; buffers are made as they are needed.</summary>
/// <remarks>
/// Thread: under the metadata's gate. A pointer is valid until the next <see cref="Load"/>. A changed slice is never dropped to
/// make room: when no other is left everything is flushed in order, which only the owner knows how to do.
/// </remarks>
internal sealed unsafe class MetadataCache(IImageFile file, int sliceLength, int slots, Func<int> flush) : IDisposable
{
    private readonly Dictionary<ulong, int> index = new(slots);
    private readonly AlignedBuffer?[] buffers = new AlignedBuffer?[slots];
    private readonly ulong[] offsets = new ulong[slots];
    private readonly State[] states = new State[slots];
    private int dirtyCount;
    private int hand;

    [Flags]
    private enum State : byte
    {
        Empty = 0,
        Used = 1,
        Referenced = 2,
        Dirty = 4,
    }

    public bool HasDirty => dirtyCount > 0;

    public int SliceLength => sliceLength;

    /// <summary>Finds the slice that begins at an offset of the file.</summary>
    /// <returns>0 or an <c>errno</c>.</returns>
    public int Load(ulong offset, out byte* slice, out int slot)
    {
        slice = null;
        if (index.TryGetValue(offset, out slot))
        {
            states[slot] |= State.Referenced;
            slice = buffers[slot]!.Pointer;
            return 0;
        }

        slot = FindRoom();
        if (slot < 0)
        {
            int failed = flush();
            slot = failed == 0 ? FindRoom() : -1;
            if (slot < 0)
            {
                return failed != 0 ? failed : Posix.ENOMEM;
            }
        }

        Forget(slot);
        AlignedBuffer buffer = buffers[slot] ??= new AlignedBuffer(sliceLength);
        int error = file.Read(offset, buffer.Pointer, sliceLength);
        if (error != 0)
        {
            return error;
        }

        index[offset] = slot;
        offsets[slot] = offset;
        states[slot] = State.Used | State.Referenced;
        slice = buffer.Pointer;
        return 0;
    }

    public void MarkDirty(int slot)
    {
        dirtyCount += (states[slot] & State.Dirty) == 0 ? 1 : 0;
        states[slot] |= State.Dirty;
    }

    /// <summary>Writes all changed slices. Those that were not written stay changed.</summary>
    public int WriteDirty()
    {
        for (int slot = 0; slot < slots && dirtyCount > 0; slot++)
        {
            if ((states[slot] & State.Dirty) == 0)
            {
                continue;
            }

            int error = file.Write(offsets[slot], buffers[slot]!.Pointer, sliceLength);
            if (error != 0)
            {
                return error;
            }

            states[slot] &= ~State.Dirty;
            dirtyCount--;
        }

        return 0;
    }

    /// <summary>Forgets what lies in a range, changed or not: the range holds something else from now on.</summary>
    public void Drop(ulong offset, ulong length)
    {
        for (int slot = 0; slot < slots; slot++)
        {
            if (IsWithin(slot, offset, length))
            {
                Forget(slot);
            }
        }
    }

    /// <summary>A slice of a range is in memory: the range is metadata.</summary>
    public bool Holds(ulong offset, ulong length)
    {
        for (int slot = 0; slot < slots; slot++)
        {
            if (IsWithin(slot, offset, length))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        foreach (AlignedBuffer? buffer in buffers)
        {
            buffer?.Dispose();
        }
    }

    private bool IsWithin(int slot, ulong offset, ulong length) =>
        states[slot] != State.Empty && offsets[slot] >= offset && offsets[slot] - offset < length;

    private void Forget(int slot)
    {
        if (states[slot] != State.Empty)
        {
            dirtyCount -= (states[slot] & State.Dirty) != 0 ? 1 : 0;
            _ = index.Remove(offsets[slot]);
            states[slot] = State.Empty;
        }
    }

    // Second chance: two rounds find a clean slice if there is one.
    private int FindRoom()
    {
        for (int step = 0; step < 2 * slots; step++)
        {
            int slot = hand;
            hand = (hand + 1) % slots;
            if ((states[slot] & State.Dirty) == 0)
            {
                if ((states[slot] & State.Referenced) == 0)
                {
                    return slot;
                }

                states[slot] &= ~State.Referenced;
            }
        }

        return -1;
    }
}
