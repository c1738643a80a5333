using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Servers.Qmp;

/// <summary>
/// Holds back events that would come too often: the first goes out at once, and of those within the next second the last one goes out at its
/// end. Different keys don't wait for each other.
/// </summary>
/// <remarks>Thread: any. Lock order: <c>gate</c> is a leaf; <c>send</c> is called without it, on the caller's thread or a timer's.</remarks>
/// <param name="send">Sends an event; it must not block.</param>
/// <param name="time">For the tests.</param>
internal sealed class EventThrottle(Action<QmpEvent, DateTimeOffset> send, TimeProvider? time = null) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Held> held = new(StringComparer.Ordinal);
    private bool disposed;

    /// <summary>Sends an event now or later.</summary>
    public void Post(QmpEvent @event, DateTimeOffset timestamp)
    {
        if (@event.RateKey is { } key)
        {
            lock (gate)
            {
                if (disposed)
                {
                    return;
                }

                if (held.TryGetValue(key, out Held? waiting))
                {
                    waiting.Last = (@event, timestamp);
                    return;
                }

                Held begun = new();
                held.Add(key, begun);
                begun.Timer = time.CreateTimer(_ => OnIntervalEnd(key), null, Interval, Timeout.InfiniteTimeSpan);
            }
        }

        send(@event, timestamp);
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (Held waiting in held.Values)
            {
                waiting.Timer?.Dispose();
            }

            held.Clear();
        }
    }

    private void OnIntervalEnd(string key)
    {
        (QmpEvent Event, DateTimeOffset Timestamp) last;
        lock (gate)
        {
            if (!held.TryGetValue(key, out Held? waiting))
            {
                return;
            }

            if (waiting.Last is not { } newest)
            {
                waiting.Timer?.Dispose();
                held.Remove(key);
                return;
            }

            // It was sent just now, so the next one waits again.
            last = newest;
            waiting.Last = null;
            waiting.Timer?.Change(Interval, Timeout.InfiniteTimeSpan);
        }

        send(last.Event, last.Timestamp);
    }

    private sealed class Held
    {
        public (QmpEvent Event, DateTimeOffset Timestamp)? Last { get; set; }

        public ITimer? Timer { get; set; }
    }
}
