using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Block;
using Limber.Device.Loop;
using Limber.Interop;

namespace Limber.VirtioBlock;

/// <summary>
/// Has an image written to the host's disk on behalf of the machine, which has stopped, and not of its guest. The image gets a queue for
/// it only while that is under way; those who ask meanwhile share the next one.
/// </summary>
/// <remarks>Thread: <see cref="Request"/> any; <see cref="Dispose"/> any but the loop's; the rest the loop's.</remarks>
internal sealed class ImageFlush : IDisposable
{
    private readonly DeviceLoop loop;
    private readonly ILoopOwner owner;
    private readonly IBlockImage image;
    private readonly Action<int> failed;
    private readonly BlockCompletion[] completions = new BlockCompletion[1];
    private List<Action> waiting = [];
    private List<Action> flushing = [];
    private IBlockQueue? queue;
    private CompletionWatch? watch;

    /// <param name="loop">Waits for the disk.</param>
    /// <param name="owner">Hears of faults.</param>
    /// <param name="image">What is written.</param>
    /// <param name="failed">Gets the error number when the disk refuses. On the loop.</param>
    public ImageFlush(DeviceLoop loop, ILoopOwner owner, IBlockImage image, Action<int> failed)
    {
        this.loop = loop;
        this.owner = owner;
        this.image = image;
        this.failed = failed;
    }

    /// <summary>Asks for everything to be written that has completed until now.</summary>
    /// <param name="done">Called once when it is, or can't be.</param>
    /// <returns>False when the loop has ended; nobody is called.</returns>
    public bool Request(Action done) => loop.Post(
        () =>
        {
            waiting.Add(done);
            if (queue is null)
            {
                Begin();
            }
        },
        owner);

    /// <summary>Returns when nothing is under way.</summary>
    public void Dispose()
    {
        using var closed = new ManualResetEventSlim();
        if (loop.Post(
            () =>
            {
                Close();
                Answer(flushing);
                Answer(waiting);
                closed.Set();
            },
            owner))
        {
            closed.Wait();
        }
    }

    private void Begin()
    {
        (flushing, waiting) = (waiting, flushing);
        try
        {
            queue = image.OpenQueue(1);
            watch = new CompletionWatch(loop, queue, Complete, owner);
            _ = queue.Submit(BlockRequest.Flush(0));
            queue.Kick();
        }
        catch (Exception e) when (e is BlockImageException or HostException)
        {
            End(ErrorNumber.ENOMEM);
        }
    }

    private void Complete()
    {
        if (queue!.Drain(completions) != 0)
        {
            End(completions[0].Error);
        }
    }

    private void End(int error)
    {
        Close();
        if (error != 0)
        {
            failed(error);
        }

        Answer(flushing);
        if (waiting.Count != 0)
        {
            Begin();
        }
    }

    private void Close()
    {
        watch?.Dispose();
        queue?.Dispose();
        (watch, queue) = (null, null);
    }

    private static void Answer(List<Action> who)
    {
        who.ForEach(static done => done());
        who.Clear();
    }
}
