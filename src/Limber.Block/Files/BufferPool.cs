using System;
using System.Collections.Generic;

namespace Limber.Block.Files;

/// <summary>Buffers for data that can't go straight between the guest's memory and the file.</summary>
/// <remarks>
/// Thread: any. Bounded by the number of threads that do I/O, since each holds at most two at a time; that many stay allocated.
/// </remarks>
internal sealed class BufferPool(int bufferLength) : IDisposable
{
    private readonly Stack<AlignedBuffer> free = new();

    public int BufferLength => bufferLength;

    public AlignedBuffer Rent()
    {
        lock (free)
        {
            if (free.TryPop(out AlignedBuffer? buffer))
            {
                return buffer;
            }
        }

        return new AlignedBuffer(bufferLength);
    }

    public void Return(AlignedBuffer buffer)
    {
        lock (free)
        {
            free.Push(buffer);
        }
    }

    public void Dispose()
    {
        lock (free)
        {
            while (free.TryPop(out AlignedBuffer? buffer))
            {
                buffer.Dispose();
            }
        }
    }
}
