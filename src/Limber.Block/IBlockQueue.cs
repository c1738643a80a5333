using System;

namespace Limber.Block;

/// <summary>A channel of requests to an image, used by one thread.</summary>
/// <remarks>
/// Requests complete in any order; two that overlap in the image have no order either, until the first was drained. Submitting,
/// kicking and draining allocate nothing, never block on the disk, and never throw for what a request says.
/// Thread: the owner's, which must outlive the requests it submitted (the kernel cancels those of a thread that ends).
/// </remarks>
public interface IBlockQueue : IDisposable
{
    /// <summary>An eventfd, readable while completions wait, but for those of <see cref="CompletionRing"/>. Owned by the queue; only <see cref="Drain"/> reads it.</summary>
    int CompletionEvent { get; }

    /// <summary>
    /// Readable while completions wait that the kernel has put into its ring; nobody reads it. Many are there when <see cref="Kick"/>
    /// returns, or a wait of the owner's thread is interrupted: draining then saves a wait. -1 where the queue has no ring.
    /// </summary>
    int CompletionRing { get; }

    /// <summary>Requests submitted and not yet drained.</summary>
    int InFlight { get; }

    /// <summary>Takes a request. It may not start before <see cref="Kick"/>.</summary>
    /// <returns>False when as many requests as the queue is deep are in flight; the request was not taken.</returns>
    bool Submit(in BlockRequest request);

    /// <summary>Starts all requests taken so far.</summary>
    void Kick();

    /// <summary>Takes completions. What more is left keeps <see cref="CompletionEvent"/> signalled. No system call where none wait.</summary>
    /// <returns>How many were stored from the start of <paramref name="completions"/>.</returns>
    int Drain(Span<BlockCompletion> completions);
}
