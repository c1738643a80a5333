using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Servers.Qmp;

/// <summary>
/// What waits between a session's reader, its worker and the machine's event threads: requests one way, output the
/// other, both bounded. Output goes before requests, so a client that does not read is not served further, and only
/// events can pile up for it.
/// </summary>
/// <remarks>
/// Lock order: <c>gate</c> is a leaf; nothing is called while it is held. <see cref="Post"/> never blocks.
/// </remarks>
internal sealed class QmpMailbox(int maxRequests, int maxOutput)
{
    private readonly object gate = new();
    private readonly Queue<QmpInput> requests = new();
    private readonly Queue<byte[]> output = new();
    private readonly Queue<byte[]> held = new();
    private long outputBytes;
    private bool inputEnded;
    private bool closed;

    /// <summary>A waiting command is out: no further request is handed to the worker.</summary>
    private bool commandPending;

    /// <summary>The worker is executing or writing what it took last.</summary>
    private bool workerBusy;

    /// <summary>Events wait until the reply to the request under way is queued.</summary>
    private bool holding;

    /// <summary>Queues a message for the client. False when that overflows, or the session has ended.</summary>
    public bool Post(byte[] message)
    {
        lock (gate)
        {
            // A single message of any size is fine as long as nothing waits before it.
            if (closed || (outputBytes > 0 && outputBytes + message.Length > maxOutput))
            {
                return false;
            }

            Enqueue(message);
            return true;
        }
    }

    /// <summary>Queues an event for the client, behind the reply that <see cref="HoldEvents"/> waits for. False as with <see cref="Post"/>.</summary>
    public bool PostEvent(byte[] message)
    {
        lock (gate)
        {
            if (!holding)
            {
                return Post(message);
            }

            if (closed || (outputBytes > 0 && outputBytes + message.Length > maxOutput))
            {
                return false;
            }

            held.Enqueue(message);
            outputBytes += message.Length;
            return true;
        }
    }

    /// <summary>Events that come from now on wait for <see cref="ReleaseEvents"/>. Called by the worker, which has a request in hand.</summary>
    public void HoldEvents()
    {
        lock (gate)
        {
            holding = true;
        }
    }

    /// <summary>The reply is queued, or will come later: what waited follows.</summary>
    public void ReleaseEvents()
    {
        lock (gate)
        {
            holding = false;
            while (held.TryDequeue(out byte[]? message))
            {
                output.Enqueue(message);
            }

            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Queues a waiting command's reply and lets the worker go on with the next request.</summary>
    public bool PostPendingReply(byte[] message)
    {
        lock (gate)
        {
            // One step: the next request's reply must not come before this one.
            commandPending = false;
            bool posted = Post(message);
            Monitor.PulseAll(gate);
            return posted;
        }
    }

    /// <summary>The worker started a waiting command; <see cref="PostPendingReply"/> follows from another thread.</summary>
    public void BeginPending()
    {
        lock (gate)
        {
            commandPending = true;
        }
    }

    /// <summary>Queues a request; waits while too many are queued. False, and the request remains the caller's, when the session has ended.</summary>
    public bool PostRequest(QmpInput input)
    {
        lock (gate)
        {
            while (requests.Count >= maxRequests && !closed)
            {
                Monitor.Wait(gate);
            }

            if (!closed)
            {
                requests.Enqueue(input);
                Monitor.PulseAll(gate);
            }

            return !closed;
        }
    }

    /// <summary>No more requests will come; what was queued is still served.</summary>
    public void EndInput()
    {
        lock (gate)
        {
            inputEnded = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Drops everything and wakes everybody.</summary>
    public void Close()
    {
        QmpInput[] dropped;
        lock (gate)
        {
            closed = true;
            dropped = [.. requests];
            requests.Clear();
            output.Clear();
            held.Clear();
            outputBytes = 0;
            Monitor.PulseAll(gate);
        }

        foreach (QmpInput request in dropped)
        {
            request.Descriptors?.Dispose();
        }
    }

    /// <summary>Next thing for the worker: output or a request; false when the session is over. Blocks.</summary>
    public bool Take(out byte[]? message, out QmpInput request)
    {
        message = null;
        request = default;
        lock (gate)
        {
            workerBusy = false;
            Monitor.PulseAll(gate);
            while (!closed)
            {
                if (output.TryDequeue(out message))
                {
                    outputBytes -= message.Length;
                    workerBusy = true;
                    return true;
                }

                if (!commandPending && requests.TryDequeue(out request))
                {
                    workerBusy = true;
                    Monitor.PulseAll(gate);
                    return true;
                }

                if (inputEnded && !commandPending)
                {
                    return false;
                }

                Monitor.Wait(gate);
            }

            return false;
        }
    }

    /// <summary>Waits until all requests read so far are answered and all output is written; false on timeout.</summary>
    public bool WaitIdle(TimeSpan timeout)
    {
        long deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (gate)
        {
            while (!closed && (workerBusy || output.Count > 0 || requests.Count > 0))
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0)
                {
                    return false;
                }

                Monitor.Wait(gate, (int)Math.Min(left, int.MaxValue));
            }

            return true;
        }
    }

    private void Enqueue(byte[] message)
    {
        output.Enqueue(message);
        outputBytes += message.Length;
        Monitor.PulseAll(gate);
    }
}
