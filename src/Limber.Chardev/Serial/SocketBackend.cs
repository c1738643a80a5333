using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using Limber.Chardev.Monitors;
using Limber.Device;

namespace Limber.Chardev.Serial;

/// <summary>A socket: one peer at a time, and the next when it has left. Without a peer output is dropped.</summary>
internal sealed class SocketBackend : ICharacterBackend, IByteSink
{
    private const int StackSize = 256 * 1024;

    private readonly SocketListener? listener;
    private readonly ManualResetEventSlim connected = new();
    private OutputQueue? queue;
    private InputGate? gate;
    private volatile Socket? peer;

    /// <param name="listener">Gives peers, one after the other.</param>
    public SocketBackend(SocketListener listener) => this.listener = listener;

    /// <param name="peer">The one peer.</param>
    public SocketBackend(Socket peer)
    {
        this.peer = peer;
        connected.Set();
    }

    public void Start(ICharacterFrontend frontend)
    {
        queue = new OutputQueue("serial-out", this, frontend.OutputDrained);
        gate = new InputGate(frontend);
        new Thread(Serve, StackSize) { Name = "serial-in", IsBackground = true }.Start();
    }

    /// <summary>Returns when there is a peer.</summary>
    public void WaitForPeer(CancellationToken cancellation) => connected.Wait(cancellation);

    public int Write(ReadOnlySpan<byte> data) => queue?.Add(data) ?? data.Length;

    void IByteSink.Write(ReadOnlySpan<byte> data)
    {
        try
        {
            Socket? target = peer;
            while (target is not null && data.Length > 0)
            {
                data = data[target.Send(data)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer left.
        }
    }

    public void Dispose()
    {
        queue?.Dispose();
        gate?.Close();
        listener?.Dispose();
        peer?.Dispose();
        connected.Dispose();
    }

    private void Serve()
    {
        if (listener is null)
        {
            ReadAll(peer!);
            return;
        }

        while (listener.Accept() is { } next)
        {
            peer = next;
            connected.Set();
            ReadAll(next);
            peer = null;
            next.Dispose();
        }
    }

    private void ReadAll(Socket source)
    {
        byte[] buffer = new byte[256];
        try
        {
            while (gate!.WaitCapacity() is int capacity and > 0
                && source.Receive(buffer, Math.Min(capacity, buffer.Length), SocketFlags.None) is int count and > 0)
            {
                gate.Deliver(buffer.AsSpan(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The peer left.
        }
    }
}
