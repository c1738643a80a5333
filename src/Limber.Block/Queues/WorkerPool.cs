using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Interop;

namespace Limber.Block.Queues;

/// <summary>The threads of one image that make blocking calls. They are started when there is work that no idle one takes.</summary>
/// <remarks>Lock order: the gate is a leaf; requests run outside it.</remarks>
internal sealed class WorkerPool(IBlockStore store, bool writeThrough, int maxThreads) : IDisposable
{
    private const int StackSize = 256 * 1024;
    private readonly object gate = new();
    private readonly List<Thread> threads = new(maxThreads);
    private WorkItem? head;
    private WorkItem? tail;
    private int waiting;
    private int queued;
    private bool stopping;

    /// <summary>Gives an item to a worker, which ends it by <see cref="BlockQueue.Complete"/>.</summary>
    /// <remarks>Allocates only when it starts a thread.</remarks>
    public void Enqueue(WorkItem item)
    {
        item.Next = null;
        lock (gate)
        {
            if (tail is null)
            {
                head = item;
            }
            else
            {
                tail.Next = item;
            }

            tail = item;
            queued++;
            if (waiting >= queued)
            {
                Monitor.Pulse(gate);
            }
            else if (threads.Count < maxThreads)
            {
                Thread thread = new(Run, StackSize) { IsBackground = true, Name = "block-io" };
                threads.Add(thread);
                thread.Start();
            }
        }
    }

    /// <summary>Ends the threads. No queue may be open.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }
    }

    private void Run()
    {
        HostThread.SetCurrentName("block-io");
        while (Take() is { } item)
        {
            item.Error = Execute(item.Request);
            item.Queue.Complete(item);
        }
    }

    private WorkItem? Take()
    {
        lock (gate)
        {
            while (head is null)
            {
                if (stopping)
                {
                    return null;
                }

                waiting++;
                _ = Monitor.Wait(gate);
                waiting--;
            }

            WorkItem item = head;
            head = item.Next;
            tail = head is null ? null : tail;
            queued--;
            return item;
        }
    }

    private int Execute(in BlockRequest request)
    {
        int error;
        unsafe
        {
            SegmentList list = new(request.Segments, request.SegmentCount);
            error = request.Kind switch
            {
                BlockRequestKind.Read => store.Read(request.Offset, list, 0, request.Length),
                BlockRequestKind.Write => store.Write(request.Offset, list, 0, request.Length),
                BlockRequestKind.Flush => store.Flush(),
                BlockRequestKind.Discard => store.Discard(request.Offset, request.Length),
                _ => store.WriteZeroes(request.Offset, request.Length, request.MayUnmap),
            };
        }

        bool changes = request.Kind is not (BlockRequestKind.Read or BlockRequestKind.Flush);
        return error == 0 && changes && writeThrough ? store.Flush() : error;
    }
}
