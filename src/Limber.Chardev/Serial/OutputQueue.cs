using System;
using System.Threading;

namespace Limber.Chardev.Serial;

/// <summary>
/// Bytes on their way out: whoever adds them never waits, a thread of its own writes them.
/// </summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf; sink and callbacks are called without it.</remarks>
internal sealed class OutputQueue : IDisposable
{
    private const int Capacity = 64 * 1024;
    private const int StackSize = 256 * 1024;
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(1);

    private readonly object gate = new();
    private readonly IByteSink sink;
    private readonly Action drained;
    private readonly Thread thread;
    private byte[] ring = new byte[1024];
    private int head;
    private int count;
    private bool sleeping;
    private bool refused;
    private bool closing;

    /// <param name="name">Thread name.</param>
    /// <param name="sink">Takes the bytes, blocking.</param>
    /// <param name="drained">Called when there is room again after something was refused.</param>
    public OutputQueue(string name, IByteSink sink, Action drained)
    {
        this.sink = sink;
        this.drained = drained;
        thread = new Thread(Run, StackSize) { Name = name, IsBackground = true };
        thread.Start();
    }

    /// <summary>Takes as many bytes as fit and returns their number. Allocates only while the ring grows to its full size.</summary>
    public int Add(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            int taken = Math.Min(data.Length, Capacity - count);
            Grow(count + taken);
            for (int i = 0; i < taken; i++)
            {
                ring[(head + count + i) % ring.Length] = data[i];
            }

            count += taken;
            refused |= taken < data.Length;
            if (sleeping)
            {
                sleeping = false;
                Monitor.Pulse(gate);
            }

            return taken;
        }
    }

    /// <summary>Lets what is queued be written for a limited time, then ends.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closing = true;
            Monitor.Pulse(gate);
        }

        thread.Join(FlushTime);
    }

    private void Run()
    {
        byte[] chunk = new byte[1024];
        while (TakeChunk(chunk) is int length and > 0)
        {
            sink.Write(chunk.AsSpan(0, length));
            bool room;
            lock (gate)
            {
                room = refused && count <= Capacity / 2;
                refused &= !room;
            }

            if (room)
            {
                drained();
            }
        }
    }

    private int TakeChunk(Span<byte> chunk)
    {
        lock (gate)
        {
            while (count == 0 && !closing)
            {
                sleeping = true;
                Monitor.Wait(gate);
            }

            int length = Math.Min(Math.Min(count, chunk.Length), ring.Length - head);
            ring.AsSpan(head, length).CopyTo(chunk);
            head = (head + length) % ring.Length;
            count -= length;
            return length;
        }
    }

    private void Grow(int needed)
    {
        if (needed <= ring.Length)
        {
            return;
        }

        byte[] grown = new byte[Math.Min(Capacity, Math.Max(needed, 2 * ring.Length))];
        for (int i = 0; i < count; i++)
        {
            grown[i] = ring[(head + i) % ring.Length];
        }

        ring = grown;
        head = 0;
    }
}
