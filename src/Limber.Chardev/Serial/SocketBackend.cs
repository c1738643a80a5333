using System;
using System.Threading;
using Limber.Chardev.Native;
using Limber.Chardev.Sockets;
using Limber.Device;
using Limber.Interop;

namespace Limber.Chardev.Serial;

/// <summary>A socket: one peer at a time, and the next when it has left. Without a peer output is dropped.</summary>
/// <remarks>
/// <code>
///   alone --accept--> connected --end of input, error--> alone      (a client of somebody else's server stays alone)
///                         | hang-up while the guest takes no input
///                         v
///                     draining: output is dropped, what the peer sent waits for the guest
///                         | all delivered, or the next peer is waiting
///                         v
///                       alone
/// </code>
/// Thread: the reader's alone moves between the states; the writer sees them through <see cref="peer"/>.
/// </remarks>
internal sealed class SocketBackend : ICharacterBackend, IHostConnection, IOutputPort
{
    private readonly ListeningSocket? listener;
    private readonly string label;
    private readonly ManualResetEventSlim connected = new();
    private readonly OutputPump pump;
    private InputGate? gate;
    private BackendThread? reader;
    private FileDescriptor? first;

    // Null while output is dropped. Owned by the reader, which disposes of it after taking it away; the writer's calls hold
    // the descriptor open meanwhile.
    private volatile FileDescriptor? peer;
    private volatile Action? connectionChanged;

    /// <param name="listener">Gives peers, one after the other.</param>
    /// <param name="label">What the port is called.</param>
    public SocketBackend(ListeningSocket listener, string label)
        : this(label) => this.listener = listener;

    /// <param name="peer">The one peer.</param>
    /// <param name="label">What the port is called.</param>
    public SocketBackend(FileDescriptor peer, string label)
        : this(label)
    {
        first = peer;
        this.peer = peer;
        connected.Set();
    }

    private SocketBackend(string label)
    {
        this.label = label;
        pump = new OutputPump($"{label}-out", this);
    }

    /// <inheritdoc/>
    public bool IsConnected => peer is not null;

    /// <inheritdoc/>
    public void OnConnectionChanged(Action changed) => connectionChanged = changed;

    public void Start(ICharacterFrontend frontend)
    {
        gate = new InputGate(frontend);
        pump.Start(frontend.OutputDrained);
        reader = new BackendThread($"{label}-in", Serve);
    }

    /// <summary>Returns when there is, or was, a peer.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before.</exception>
    public void WaitForPeer(CancellationToken cancellation) => connected.Wait(cancellation);

    public int Write(ReadOnlySpan<byte> data) => peer is null ? data.Length : pump.Add(data);

    int IOutputPort.TryWrite(ReadOnlySpan<byte> data)
    {
        if (peer is not { } target)
        {
            return -1;
        }

        try
        {
            int result = HostIo.Send(target, data, Libc.MSG_DONTWAIT);
            return result == -Posix.EAGAIN ? 0 : result > 0 ? result : -1;
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    void IOutputPort.WaitForRoom(WakeEvent wake, int milliseconds)
    {
        if (peer is { } target)
        {
            try
            {
                _ = HostIo.Wait(target, Posix.POLLOUT, wake, milliseconds);
            }
            catch (ObjectDisposedException)
            {
                // It left; the next attempt says so.
            }
        }
    }

    public void Dispose()
    {
        pump.Dispose();
        gate?.Close();
        listener?.Dispose();
        reader?.Join();
        gate?.Dispose();
        Leave(first);
    }

    private void Serve()
    {
        if (first is { } only)
        {
            ReadAll(only);
            Leave(only);
            return;
        }

        while (listener!.Accept() is { } next)
        {
            SetPeer(next);
            connected.Set();
            ReadAll(next);
            Leave(next);
        }
    }

    // Idempotent. The shutdown ends the writer's wait for room.
    private void Leave(FileDescriptor? leaving)
    {
        SetPeer(null);
        if (leaving is { IsClosed: false })
        {
            _ = Libc.shutdown(leaving, Libc.SHUT_RDWR);
            leaving.Dispose();
        }
    }

    private void SetPeer(FileDescriptor? value)
    {
        if (peer != value)
        {
            peer = value;
            connectionChanged?.Invoke();
        }
    }

    private void ReadAll(FileDescriptor source)
    {
        Span<byte> buffer = stackalloc byte[InputGate.MaximumTransfer];
        while (!gate!.Closed)
        {
            int capacity = gate.Capacity;
            if (capacity == 0)
            {
                if (!WaitForCapacity(source))
                {
                    return;
                }

                continue;
            }

            if (gate.Wait(source, Posix.POLLIN, -1) == 0)
            {
                continue;
            }

            int count = HostIo.Receive(source, buffer[..capacity], Libc.MSG_DONTWAIT);
            if (count > 0)
            {
                gate.Deliver(buffer[..count]);
            }
            else if (count != -Posix.EAGAIN)
            {
                return;
            }
        }
    }

    // False when what the peer sent is to be given up, because it left and the next one is waiting. A hang-up is reported at
    // once, again and again, so after the first report the wait is for the next peer instead.
    private bool WaitForCapacity(FileDescriptor source)
    {
        const short Gone = Posix.POLLHUP | Posix.POLLERR;
        if (peer is not null)
        {
            if ((gate!.Wait(source, 0, -1) & Gone) != 0)
            {
                SetPeer(null);
            }

            return true;
        }

        try
        {
            return gate!.Wait(listener?.Descriptor, Posix.POLLIN, -1) == 0;
        }
        catch (ObjectDisposedException)
        {
            // The backend is being disposed of, and closed the listener between the look at the gate and the wait.
            return false;
        }
    }
}
