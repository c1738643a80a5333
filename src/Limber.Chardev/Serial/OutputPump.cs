using System;
using System.Threading;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Serial;

/// <summary>Bytes on their way out: whoever adds them never waits, a thread of its own writes them.</summary>
/// <remarks>
/// <code>
///              ring empty                        Add, one eventfd write
///   writing ---------------> asleep (poll) ---------------------------> writing
///      | port full                                      ring at most half full, and an Add fell short
///      v                                       writing -------------------------------------------> OutputDrained
///   waiting for room (poll) --> writing
///      | abandoned (1 s after Dispose began)
///      v
///     end
/// </code>
/// Thread: <see cref="Add"/> any.
/// </remarks>
internal sealed class OutputPump : IDisposable
{
    private const int StackSize = 256 * 1024;
    private const int FlushMilliseconds = 1000;
    private const int AbandonMilliseconds = 200;

    private readonly OutputRing ring = new();
    private readonly WakeEvent wake = new();
    private readonly IOutputPort port;
    private readonly Thread thread;
    private Action? drained;
    private int asleep;
    private int shortAdd;
    private volatile bool closing;
    private volatile bool abandoned;

    /// <param name="name">Thread name, of which the host shows 15 bytes.</param>
    /// <param name="port">Takes the bytes.</param>
    public OutputPump(string name, IOutputPort port)
    {
        this.port = port;
        thread = new Thread(() => Run(name), StackSize) { Name = name, IsBackground = true };
    }

    /// <summary>As the constructor, and lets go of what is behind the port when that fails: its owner never comes to be.</summary>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public static OutputPump Create(string name, IOutputPort port, IDisposable behind)
    {
        try
        {
            return new OutputPump(name, port);
        }
        catch
        {
            behind.Dispose();
            throw;
        }
    }

    /// <summary>Starts writing. What was added before waited.</summary>
    /// <param name="drained">Called on the writer's thread when there is room again after an Add fell short.</param>
    /// <exception cref="HostException">The host has no thread to give.</exception>
    public void Start(Action drained)
    {
        this.drained = drained;
        HostThread.Start(thread);
    }

    /// <summary>Takes as many bytes as fit and returns their number. Allocates nothing, makes at most one system call.</summary>
    public int Add(ReadOnlySpan<byte> data)
    {
        if (closing)
        {
            return data.Length;
        }

        int taken = ring.Add(data);
        if (taken < data.Length)
        {
            // Full fence: either the writer's look at the flag, after it made room, sees this, or the second attempt sees
            // the room. Without it both could miss each other, and the guest would wait for ever.
            Interlocked.Exchange(ref shortAdd, 1);
            taken += ring.Add(data[taken..]);
        }

        // Full fence, paired with the one in Sleep: either the writer sees the bytes or this sees that it is asleep.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref asleep) != 0 && Interlocked.Exchange(ref asleep, 0) != 0)
        {
            wake.Signal();
        }

        return taken;
    }

    /// <summary>
    /// Lets what is queued be written for a limited time, then ends the thread. Idempotent; what is added later is dropped.
    /// </summary>
    public void Dispose()
    {
        if (closing)
        {
            return;
        }

        closing = true;
        if (!thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            wake.Signal();
            if (!thread.Join(FlushMilliseconds))
            {
                abandoned = true;
                wake.Signal();
                _ = thread.Join(AbandonMilliseconds);
            }
        }

        // An Add may still be on its way to it, which is harmless.
        wake.Dispose();
    }

    private void Run(string name)
    {
        HostThread.SetCurrentName(name);
        try
        {
            Pump();
        }
        catch (ObjectDisposedException)
        {
            // Abandoned in a blocking write, which ended after the descriptor was disposed of.
        }
    }

    private void Pump()
    {
        while (!abandoned)
        {
            ReadOnlySpan<byte> data = ring.Peek();
            if (!data.IsEmpty)
            {
                WriteSome(data);
            }
            else if (closing)
            {
                break;
            }
            else
            {
                Sleep();
            }
        }
    }

    private void WriteSome(ReadOnlySpan<byte> data)
    {
        int count = port.TryWrite(data);
        if (count == 0)
        {
            port.WaitForRoom(wake, -1);

            // Cleared, or the next wait would end at once; what it stood for is in the flags and the ring.
            wake.Clear();
            return;
        }

        ring.Remove(count < 0 ? data.Length : count);

        // Full fence, paired with the one in Add.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref shortAdd) != 0 && ring.Count <= OutputRing.Capacity / 2)
        {
            Volatile.Write(ref shortAdd, 0);
            drained!();
        }
    }

    private void Sleep()
    {
        // Full fence: see Add. Dispose signals without looking at the flag.
        Interlocked.Exchange(ref asleep, 1);
        if (ring.Count == 0 && !closing)
        {
            _ = HostIo.Wait(null, 0, wake, -1);
        }

        Volatile.Write(ref asleep, 0);
        wake.Clear();
    }
}
