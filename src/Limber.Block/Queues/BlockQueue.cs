using System;
using System.Threading;
using Limber.Block.Native;

namespace Limber.Block.Queues;

/// <summary>A queue whose requests are served by the image's workers; the base of one that gives most to the kernel.</summary>
/// <remarks>
/// <code>
///  owner: free --Submit--> started --Kick--> worker --Complete--> finished --Drain--> drained --Drain--> free
///                                            kernel --Reap, CompleteReaped------------^
/// </code>
/// Everything but <see cref="Complete"/> is the owner's thread's. The event is signalled exactly while <c>signalled</c> is true;
/// both change together under the gate, so a batch of completions costs one signal and one clearing, and none of the kernel's any.
/// </remarks>
internal class BlockQueue : IBlockQueue
{
    private const int MaxDepth = 4096;
    private readonly object gate = new();
    private readonly WorkItem[] free;
    private int freeCount;
    private WorkItem? finished;
    private WorkItem? drained;
    private WorkItem? started;
    private WorkItem? lastStarted;
    private int startedCount;
    private bool signalled;
    private bool disposed;

    public BlockQueue(IQueueTarget target, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(depth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, MaxDepth);
        Target = target;
        Signal = new CompletionSignal();
        Items = new WorkItem[depth];
        free = new WorkItem[depth];
        for (int index = 0; index < depth; index++)
        {
            Items[index] = free[depth - 1 - index] = new WorkItem(this, index);
        }

        freeCount = depth;
    }

    public int CompletionEvent => Signal.Descriptor.Number;

    public virtual int CompletionRing => -1;

    public int InFlight => Items.Length - freeCount;

    protected IQueueTarget Target { get; }

    protected CompletionSignal Signal { get; }

    protected WorkItem[] Items { get; }

    public bool Submit(in BlockRequest request)
    {
        if (freeCount == 0 || disposed)
        {
            return false;
        }

        WorkItem item = free[--freeCount];
        item.Request = request;
        item.Done = 0;
        item.Error = RequestChecks.Check(Target, request);
        if (item.Error != 0 || IsNothing(request))
        {
            Complete(item);
        }
        else
        {
            Start(item);
        }

        return true;
    }

    public virtual void Kick()
    {
        if (started is { } first)
        {
            Target.Workers.Enqueue(first, lastStarted!, startedCount);
            started = null;
            lastStarted = null;
            startedCount = 0;
        }
    }

    public int Drain(Span<BlockCompletion> completions)
    {
        Reap();
        int count = 0;
        while (count < completions.Length && TakeFinished() is { } item)
        {
            completions[count++] = new BlockCompletion(item.Request.Tag, item.Error);
            item.Request = default;
            free[freeCount++] = item;
        }

        UpdateSignal();
        return count;
    }

    /// <summary>Waits for what is in flight, as its memory must not be touched later.</summary>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        Kick();
        Span<BlockCompletion> completions = stackalloc BlockCompletion[16];
        while (InFlight > 0)
        {
            if (Drain(completions) == 0)
            {
                WaitForCompletions();
            }
        }

        disposed = true;

        // Whoever completed the last item may still be about to signal: it does so under the gate.
        lock (gate)
        {
            Signal.Dispose();
        }

        DisposeCore();
    }

    /// <summary>Ends an item. Thread: any.</summary>
    public void Complete(WorkItem item)
    {
        lock (gate)
        {
            item.Next = finished;
            Volatile.Write(ref finished, item);
            if (!signalled)
            {
                Volatile.Write(ref signalled, true);
                Signal.Set();
            }
        }
    }

    /// <summary>Ends an item that <see cref="Reap"/> has found: the drain that called it takes it.</summary>
    protected void CompleteReaped(WorkItem item)
    {
        item.Next = drained;
        drained = item;
    }

    /// <summary>Takes note of an accepted request, to be given on at the next kick at the latest.</summary>
    protected virtual void Start(WorkItem item) => StartWorker(item);

    /// <summary>Leaves an item for a worker.</summary>
    protected void StartWorker(WorkItem item)
    {
        item.Next = null;
        if (lastStarted is null)
        {
            started = item;
        }
        else
        {
            lastStarted.Next = item;
        }

        lastStarted = item;
        startedCount++;
    }

    /// <summary>Looks for completions that nobody announces by <see cref="Complete"/>.</summary>
    protected virtual void Reap()
    {
    }

    protected virtual void DisposeCore()
    {
    }

    private static bool IsNothing(in BlockRequest request) =>
        request.Kind != BlockRequestKind.Flush && request.Length == 0;

    private void UpdateSignal()
    {
        // Without the gate only the owner's own view is certain. A worker that completes something just now signals by itself, and
        // the next drain finds it.
        if (drained is null == !Volatile.Read(ref signalled))
        {
            return;
        }

        lock (gate)
        {
            bool left = drained is not null || finished is not null;
            if (left != signalled)
            {
                signalled = left;
                if (left)
                {
                    Signal.Set();
                }
                else
                {
                    Signal.Clear();
                }
            }
        }
    }

    private WorkItem? TakeFinished()
    {
        if (drained is null && Volatile.Read(ref finished) is not null)
        {
            lock (gate)
            {
                drained = finished;
                finished = null;
            }
        }

        WorkItem? item = drained;
        drained = item?.Next;
        return item;
    }

    private unsafe void WaitForCompletions()
    {
        // A negative descriptor is left out.
        PollDescriptor* descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new() { fd = CompletionEvent, events = PollDescriptor.POLLIN };
        descriptors[1] = new() { fd = CompletionRing, events = PollDescriptor.POLLIN };
        _ = PollDescriptor.poll(descriptors, 2, -1);
    }
}
