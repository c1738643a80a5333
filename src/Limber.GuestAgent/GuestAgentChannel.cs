using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Limber.Device;

namespace Limber.GuestAgent;

/// <summary>
/// The host side of the port that a guest's agent listens on: lines of JSON, one request at a time.
/// <code>
///   client task            channel                    port's thread
///   ----------------       ------------------------   -------------------
///   Exchange(request) ---> output ------------------> frontend.Receive
///        waits             line, when it is whole &lt;-- Write(bytes)
///   &lt;--- answer -------- waiter
/// </code>
/// </summary>
/// <remarks>
/// The guest is hostile: a line beyond the limit is an error, and of the lines that nobody has taken yet few are kept, and no
/// more bytes of them than of one answer.
/// Thread: any. Lock order: <see cref="gate"/> is a leaf but for the front end's own lock, as its calls demand.
/// </remarks>
public sealed class GuestAgentChannel : ICharacterBackend
{
    /// <summary>Bytes of the longest answer that is taken.</summary>
    public const int MaximumLine = 1 << 20;

    private const byte Delimiter = 0xFF; // guest-sync-delimited: everything before it is stale

    private const int MaximumWaitingLines = 16;

    private readonly Lock gate = new();
    private readonly Queue<byte[]> waiting = new();
    private byte[] line = new byte[4096];
    private int length;
    private int waitingBytes;
    private bool overflowed;
    private bool isListening;
    private bool isGone;
    private ReadOnlyMemory<byte> output;
    private ICharacterFrontend? frontend;
    private TaskCompletionSource<byte[]>? waiter;

    /// <inheritdoc/>
    public void Start(ICharacterFrontend frontend)
    {
        ArgumentNullException.ThrowIfNull(frontend);
        this.frontend = frontend;
        frontend.OnCapacityAvailable(Pump);
    }

    /// <inheritdoc/>
    public int Write(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            foreach (byte value in data)
            {
                Take(value);
            }
        }

        return data.Length;
    }

    /// <summary>Somebody in the guest has the port open: an agent, as far as anybody can tell. Thread: any.</summary>
    public bool IsListening
    {
        get
        {
            lock (gate)
            {
                return isListening;
            }
        }
    }

    /// <summary>
    /// The guest opened or closed the port. Who closes it has forgotten what it was asked, so an exchange that goes on ends.
    /// Thread: any.
    /// </summary>
    public void SetListening(bool listening)
    {
        lock (gate)
        {
            isListening = listening;
            if (!listening)
            {
                DropInput();
                waiter?.TrySetException(NobodyListens());
            }
        }
    }

    /// <summary>Sends one line and waits for one to come.</summary>
    /// <param name="request">The request, its newline included; empty to wait for the line behind the last answer.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="InvalidOperationException">Another exchange goes on.</exception>
    /// <exception cref="GuestAgentException">Nobody listens, the port is gone, or the answer exceeds <see cref="MaximumLine"/>.</exception>
    public async Task<byte[]> ExchangeAsync(ReadOnlyMemory<byte> request, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (waiter is not null)
            {
                throw new InvalidOperationException("an exchange with the guest agent goes on");
            }

            if (isGone)
            {
                throw PortGone();
            }

            if (!isListening)
            {
                throw NobodyListens();
            }

            if (request.IsEmpty && waiting.TryDequeue(out byte[]? earlier))
            {
                waitingBytes -= earlier.Length;
                return earlier;
            }

            waiter = answer;
            output = request;
        }

        try
        {
            Pump();
            return await answer.Task.WaitAsync(cancel).ConfigureAwait(false);
        }
        finally
        {
            lock (gate)
            {
                waiter = null;
                output = default;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            isGone = true;
            waiter?.TrySetException(PortGone());
            frontend = null;
        }
    }

    private static GuestAgentException NobodyListens() => new("no agent listens in the guest");

    private static GuestAgentException PortGone() => new("the guest agent's port is gone") { IsGone = true };

    private void Pump()
    {
        lock (gate)
        {
            while (frontend is { } port && !output.IsEmpty)
            {
                int count = Math.Min(port.ReceiveCapacity, output.Length);
                if (count == 0)
                {
                    return;
                }

                port.Receive(output.Span[..count]);
                output = output[count..];
            }
        }
    }

    private void Take(byte value)
    {
        switch (value)
        {
            case Delimiter:
                DropInput();
                break;
            case (byte)'\n':
                Finish();
                break;
            default:
                if (length == MaximumLine)
                {
                    overflowed = true;
                    return;
                }

                if (length == line.Length)
                {
                    Array.Resize(ref line, length * 2);
                }

                line[length++] = value;
                break;
        }
    }

    private void Finish()
    {
        if (overflowed)
        {
            waiter?.TrySetException(new GuestAgentException($"the guest agent's answer exceeds {MaximumLine} bytes"));
        }
        else
        {
            Deliver();
        }

        length = 0;
        overflowed = false;
    }

    private void Deliver()
    {
        bool isWanted = waiter is { Task.IsCompleted: false };
        if (!isWanted && (waiting.Count == MaximumWaitingLines || waitingBytes > MaximumLine - length))
        {
            return;
        }

        byte[] answer = line.AsSpan(0, length).ToArray();
        if (!isWanted || !waiter!.TrySetResult(answer))
        {
            waiting.Enqueue(answer);
            waitingBytes += answer.Length;
        }
    }

    private void DropInput()
    {
        waiting.Clear();
        waitingBytes = 0;
        length = 0;
        overflowed = false;
    }
}
