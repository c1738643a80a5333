using System;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;

namespace Limber.Vfio;

/// <summary>An event of the host's that a loop waits for, from any thread's point of view.</summary>
/// <remarks>Thread: the creator's. When <see cref="Dispose"/> has returned the callback is not running and is not called.</remarks>
internal sealed class VfioWatch : IDisposable
{
    private readonly DeviceLoop loop;
    private readonly ILoopOwner owner;
    private readonly Action? ended;
    private LoopSource? source;
    private bool disposed;

    /// <param name="loop">Waits.</param>
    /// <param name="signalled">Is called on the loop.</param>
    /// <param name="owner">Hears of exceptions.</param>
    /// <param name="ended">Is called on the loop after the last call of <paramref name="signalled"/>.</param>
    public VfioWatch(DeviceLoop loop, Action signalled, ILoopOwner owner, Action? ended = null)
    {
        this.loop = loop;
        this.owner = owner;
        this.ended = ended;
        loop.Post(() => source = loop.Add(Event, signalled, owner), owner);
    }

    public HostEvent Event { get; } = new();

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        if (loop.IsCurrent)
        {
            Remove();
        }
        else
        {
            using var done = new ManualResetEventSlim();
            void RemoveAndTell()
            {
                try
                {
                    Remove();
                }
                finally
                {
                    done.Set();
                }
            }

            // A loop that is stopping calls nobody for much longer, and its end closes what it watches with.
            if (loop.Post(RemoveAndTell, owner))
            {
                done.Wait();
            }
        }

        Event.Dispose();
    }

    private void Remove()
    {
        source?.Dispose();
        ended?.Invoke();
    }
}
