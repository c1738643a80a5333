using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Interop;

namespace Limber.Rest.Sockets;

/// <summary>
/// The descriptors that came over a connection and which no request has taken yet, each with the place in the stream that it came with.
/// A feature of the connection, and so of its requests.
/// </summary>
/// <remarks>
/// Thread: any; the connection's receiver adds while requests take. Lock order: <c>gate</c> is a leaf; descriptors are closed outside it,
/// since that may wait.
/// </remarks>
internal sealed class RequestDescriptors : IDisposable
{
    /// <summary>The most that wait; of more the oldest are closed. No card has more queue pairs.</summary>
    public const int Maximum = 32;

    private readonly Lock gate = new();
    private readonly Queue<(FileDescriptor Descriptor, long End)> waiting = new();
    private long arrived;
    private long consumed;
    private bool disposed;

    /// <summary>Bytes arrived, and descriptors beside the last of them.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="numbers">The descriptors, owned from here on.</param>
    public void Arrive(int bytes, ReadOnlySpan<int> numbers)
    {
        List<FileDescriptor> surplus = [];
        lock (gate)
        {
            arrived += bytes;
            foreach (int number in numbers)
            {
                waiting.Enqueue((new FileDescriptor(number), arrived));
            }

            while (waiting.Count > (disposed ? 0 : Maximum))
            {
                surplus.Add(waiting.Dequeue().Descriptor);
            }
        }

        surplus.ForEach(static descriptor => descriptor.Dispose());
    }

    /// <summary>The parser is done with bytes.</summary>
    public void Consume(long bytes)
    {
        lock (gate)
        {
            consumed += bytes;
        }
    }

    /// <summary>Takes those of the request whose body has just been read; a request behind it, read ahead, keeps its own.</summary>
    public ReceivedDescriptors Take() => TakeUntil(all: false);

    /// <summary>Closes what the request just answered left.</summary>
    /// <param name="all">Its body may not have been read: whatever has arrived.</param>
    public void Close(bool all) => TakeUntil(all).Dispose();

    /// <summary>Closes all, and whatever comes later. Idempotent.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
        }

        Close(all: true);
    }

    private ReceivedDescriptors TakeUntil(bool all)
    {
        lock (gate)
        {
            var taken = new List<FileDescriptor>();
            while (waiting.TryPeek(out (FileDescriptor Descriptor, long End) next) && (all || next.End <= consumed))
            {
                taken.Add(waiting.Dequeue().Descriptor);
            }

            return new ReceivedDescriptors([.. taken]);
        }
    }
}
