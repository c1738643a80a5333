using System;
using Limber.Device.Loop;
using Limber.Device.RateLimits;
using Limber.Virtio;

namespace Limber.VirtioBlock;

/// <summary>What a queue's next request may cost: asks the disk's limiter, and wakes the queue when there is budget again.</summary>
/// <remarks>
/// A request pays once, also when the host has no room for it after that. Thread: the queue's loop. Allocates nothing after
/// <see cref="Start"/>.
/// </remarks>
internal sealed class RequestBudget(RateLimiter? limiter, ILoopOwner owner) : IDisposable
{
    private const long Nothing = -1;

    private Virtqueue? queue;
    private LoopTimer? timer;
    private long paid = Nothing;

    /// <summary>The machine pauses: what is under way goes through now, and later requests pay for it.</summary>
    public bool GrantsCredit { get; set; }

    /// <summary>The queue runs.</summary>
    public void Start(Virtqueue started)
    {
        queue = started;
        if (limiter is not null)
        {
            timer ??= started.Loop.CreateTimer(OnTimer, owner);
        }
    }

    /// <summary>Pays for the request at hand; false when it has to wait, and the queue is woken when it is worth asking again.</summary>
    public bool TryPay(long length)
    {
        // Guest-controlled: a request that waits is read anew, and may be another one by then.
        if (limiter is null || paid == length)
        {
            return true;
        }

        if (GrantsCredit)
        {
            limiter.Take(length);
        }
        else if (!limiter.TryTake(length, out TimeSpan wait))
        {
            timer!.Start(wait);
            return false;
        }

        paid = length;
        return true;
    }

    /// <summary>The request that has paid was started.</summary>
    public void Spend() => paid = Nothing;

    /// <summary>Nothing is waiting any more.</summary>
    public void Stop()
    {
        paid = Nothing;
        timer?.Stop();
    }

    /// <inheritdoc/>
    public void Dispose() => timer?.Dispose();

    private void OnTimer() => queue?.Schedule();
}
