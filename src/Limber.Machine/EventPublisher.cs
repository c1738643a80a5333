using System;
using System.Collections.Immutable;
using System.Threading;
using Limber.Control;

namespace Limber.Machine;

/// <summary>Hands events to all subscribers, one at a time and in order.</summary>
/// <remarks>
/// Thread: whoever holds the machine's control lock publishes; any thread subscribes. Handlers only queue.
/// </remarks>
internal sealed class EventPublisher
{
    private ImmutableArray<Subscription> subscriptions = [];

    public IDisposable Subscribe(Action<VmEvent> handler)
    {
        var subscription = new Subscription(this, handler);
        ImmutableInterlocked.Update(ref subscriptions, static (list, added) => list.Add(added), subscription);
        return subscription;
    }

    public void Publish(VmEvent vmEvent)
    {
        foreach (Subscription subscription in subscriptions)
        {
            subscription.Handler(vmEvent);
        }
    }

    private sealed class Subscription(EventPublisher publisher, Action<VmEvent> handler) : IDisposable
    {
        public Action<VmEvent> Handler { get; } = handler;

        public void Dispose() =>
            ImmutableInterlocked.Update(ref publisher.subscriptions, static (list, removed) => list.Remove(removed), this);
    }
}
