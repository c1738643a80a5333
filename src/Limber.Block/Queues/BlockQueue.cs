using System;
using System.Threading;
using Limber.Block.Native;

namespace Limber.Block.Queues;

/// <summary>A queue whose requests are served by the image's workers; the base of one that gives most to the kernel.</summary>
/// <remarks>
/// <code>
///  owner: free --Submit--> started --Kick--> worker or kernel --Complete--> finished --Drain--> free
/// </code>
/// Everything but <see cref="Complete"/> is the owner's thread's.
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
        while (started is { } item)
        {
            started = item.Next;
            Target.Workers.Enqueue(item);
        }

        lastStarted = null;
    }

    public int Drain(Span<BlockCompletion> completions)
    {
        Signal.Clear();
        Reap();
        int count = 0;
        while (count < completions.Length && TakeFinished() is { } item)
        {
            completions[count++] = new BlockCompletion(item.Request.Tag, item.Error);
            item.Request = default;
            free[freeCount++] = item;
        }

        if (drained is not null || (count == completions.Length && HasFinished()))
        {
            Signal.Set();
        }

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
            bool first = finished is null;
            item.Next = finished;
            finished = item;
            if (first)
            {
                Signal.Set();
            }
        }
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

    private bool HasFinished()
    {
        lock (gate)
        {
            return finished is not null;
        }
    }

    private WorkItem? TakeFinished()
    {
        if (drained is null)
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
        PollDescriptor descriptor = new() { fd = CompletionEvent, events = PollDescriptor.POLLIN };
        _ = PollDescriptor.poll(&descriptor, 1, -1);
    }
}
