using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using Limber.Interop;

namespace Limber.Block.Queues;

/// <summary>The threads of one image that make blocking calls. They are started when there is work that no idle one takes.</summary>
/// <remarks>
/// <code>
///   worker:  take an item, or sleep (waiting + 1)  ->  woken (waiting - 1, called - 1)  ->  take an item, or sleep ...
///   owner:   add items, call as many sleepers (called + n), start threads if those are too few
/// </code>
/// So a call is made only for who sleeps: a batch costs one system call, and none while all are busy.
/// Lock order: the gate is a leaf; requests run outside it.
/// </remarks>
internal sealed class WorkerPool(IBlockStore store, bool writeThrough, int maxThreads) : IDisposable
{
    private const int StackSize = 256 * 1024;
    private readonly Lock gate = new();
    private readonly WorkSignal signal = new();
    private readonly List<Thread> threads = new(maxThreads);
    private WorkItem? head;
    private WorkItem? tail;
    private int waiting;
    private int called;
    private int queued;
    private bool stopping;

    /// <summary>Gives items to workers, which end each by <see cref="BlockQueue.Complete"/>.</summary>
    /// <param name="first">Of a list.</param>
    /// <param name="last">Of that list.</param>
    /// <param name="count">Its length.</param>
    /// <remarks>
    /// Allocates only when it starts a thread. On a host that has no thread to give those that there are do the work, or else the caller.
    /// </remarks>
    public void Enqueue(WorkItem first, WorkItem last, int count)
    {
        last.Next = null;
        int calls;
        bool isAlone;
        lock (gate)
        {
            if (tail is null)
            {
                head = first;
            }
            else
            {
                tail.Next = first;
            }

            tail = last;
            queued += count;
            calls = Math.Min(waiting - called, count);
            called += calls;
            for (int missing = queued - waiting; missing > 0 && threads.Count < maxThreads; missing--)
            {
                if (!TryStartThread())
                {
                    break;
                }
            }

            isAlone = threads.Count == 0;
        }

        if (calls > 0)
        {
            signal.Wake(calls);
        }

        while (isAlone && TryTake(out WorkItem? item))
        {
            Finish(item);
        }
    }

    /// <summary>Ends the threads. No queue may be open.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopping = true;
        }

        if (threads.Count > 0)
        {
            signal.Wake(threads.Count);
        }

        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        signal.Dispose();
    }

    private void Run()
    {
        HostThread.SetCurrentName("block-io");
        while (Take() is { } item)
        {
            Finish(item);
        }
    }

    private bool TryStartThread()
    {
        Thread thread = new(Run, StackSize) { IsBackground = true, Name = "block-io" };
        try
        {
            HostThread.Start(thread);
            threads.Add(thread);
            return true;
        }
        catch (HostException)
        {
            return false;
        }
    }

    private void Finish(WorkItem item)
    {
        item.Error = Execute(item.Request);
        item.Queue.Complete(item);
    }

    private bool TryTake([NotNullWhen(true)] out WorkItem? item)
    {
        lock (gate)
        {
            return TryPop(out item);
        }
    }

    // With the gate held.
    private bool TryPop([NotNullWhen(true)] out WorkItem? item)
    {
        item = head;
        if (item is null)
        {
            return false;
        }

        head = item.Next;
        tail = head is null ? null : tail;
        queued--;
        return true;
    }

    private WorkItem? Take()
    {
        bool woken = false;
        while (true)
        {
            lock (gate)
            {
                if (woken)
                {
                    waiting--;
                    called = Math.Max(called - 1, 0);
                }

                if (TryPop(out WorkItem? item))
                {
                    return item;
                }

                if (stopping)
                {
                    return null;
                }

                waiting++;
            }

            signal.Wait();
            woken = true;
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
