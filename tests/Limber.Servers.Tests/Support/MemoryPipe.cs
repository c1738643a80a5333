using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Servers.Tests.Support;

/// <summary>One direction of a connection: bounded, blocking.</summary>
internal sealed class MemoryPipe(int capacity)
{
    private readonly object gate = new();
    private readonly Queue<byte> bytes = new();
    private bool ended;
    private bool readerWaits;

    public int Read(Span<byte> buffer)
    {
        lock (gate)
        {
            while (bytes.Count == 0 && !ended)
            {
                readerWaits = true;
                Monitor.PulseAll(gate);
                Monitor.Wait(gate);
            }

            readerWaits = false;
            int count = Math.Min(buffer.Length, bytes.Count);
            for (int i = 0; i < count; i++)
            {
                buffer[i] = bytes.Dequeue();
            }

            Monitor.PulseAll(gate);
            return count;
        }
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            foreach (byte b in data)
            {
                while (bytes.Count >= capacity && !ended)
                {
                    Monitor.Wait(gate);
                }

                if (ended)
                {
                    throw new System.IO.IOException("pipe closed");
                }

                bytes.Enqueue(b);
            }

            Monitor.PulseAll(gate);
        }
    }

    public void End()
    {
        lock (gate)
        {
            ended = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits until all was read and the reader has come back for more.</summary>
    public void WaitConsumed(TimeSpan timeout)
    {
        DateTime deadline = DateTime.UtcNow + timeout;
        lock (gate)
        {
            while (!ended && (bytes.Count > 0 || !readerWaits))
            {
                TimeSpan left = deadline - DateTime.UtcNow;
                if (left <= TimeSpan.Zero || !Monitor.Wait(gate, left))
                {
                    throw new TimeoutException("the input was not consumed");
                }
            }
        }
    }

    /// <summary>Takes what is there.</summary>
    public byte[] Drain()
    {
        lock (gate)
        {
            byte[] result = [.. bytes];
            bytes.Clear();
            Monitor.PulseAll(gate);
            return result;
        }
    }

    /// <summary>Takes bytes through the next LF; null at the end of the stream.</summary>
    public byte[]? ReadLine(TimeSpan timeout)
    {
        DateTime deadline = DateTime.UtcNow + timeout;
        List<byte> line = [];
        lock (gate)
        {
            while (true)
            {
                while (bytes.TryDequeue(out byte b))
                {
                    line.Add(b);
                    if (b == (byte)'\n')
                    {
                        Monitor.PulseAll(gate);
                        return [.. line];
                    }
                }

                Monitor.PulseAll(gate);
                if (ended)
                {
                    return null;
                }

                TimeSpan left = deadline - DateTime.UtcNow;
                if (left <= TimeSpan.Zero || !Monitor.Wait(gate, left))
                {
                    throw new TimeoutException("no line arrived");
                }
            }
        }
    }
}
