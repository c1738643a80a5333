using System;
using Limber.Block;
using Limber.Device.Loop;
using Limber.Interop;

namespace Limber.VirtioBlock;

/// <summary>
/// Has a loop notice the completions of an image's queue: those of workers, which signal an event, those that the kernel puts into a ring,
/// and those that are in the ring before the loop sees it because the kernel interrupted the loop's wait to put them there.
/// </summary>
/// <remarks>Thread: the loop's.</remarks>
internal sealed class CompletionWatch : IDisposable
{
    private readonly FileDescriptor completionEvent;
    private readonly FileDescriptor? completionRing;
    private readonly LoopSource source;
    private readonly LoopSource? ringSource;

    /// <param name="loop">Watches until this is disposed.</param>
    /// <param name="queue">The queue; must outlive this.</param>
    /// <param name="completed">Is called when there may be completions; drains the queue.</param>
    /// <param name="owner">Hears of exceptions.</param>
    /// <exception cref="HostException">The descriptors can't be watched.</exception>
    public CompletionWatch(DeviceLoop loop, IBlockQueue queue, Action completed, ILoopOwner owner)
    {
        completionEvent = new FileDescriptor(queue.CompletionEvent, ownsHandle: false);
        completionRing = queue.CompletionRing >= 0 ? new FileDescriptor(queue.CompletionRing, ownsHandle: false) : null;
        source = loop.Add(completionEvent, LoopEvents.Readable, _ => completed(), owner);
        try
        {
            ringSource = completionRing is null ? null : loop.Add(completionRing, LoopEvents.Readable, _ => completed(), owner);
        }
        catch
        {
            source.Dispose();
            throw;
        }

        ringSource?.CallOnInterrupt();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        source.Dispose();
        ringSource?.Dispose();
        completionEvent.Dispose();
        completionRing?.Dispose();
    }
}
