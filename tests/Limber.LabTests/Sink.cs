using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>A TCP port of the host that takes whatever guests send, one connection at a time.</summary>
internal sealed class Sink : IDisposable
{
    private const double Patience = 30;

    private readonly TcpListener listener;
    private Socket? current;
    private long total;
    private long awaited;

    /// <param name="port">Where it listens, on all addresses of the host.</param>
    public Sink(int port)
    {
        listener = new TcpListener(IPAddress.Any, port);
        listener.Start();
        new Thread(Read) { IsBackground = true, Name = "sink" }.Start();
    }

    /// <summary>Waits until this many bytes more have come than at the last call.</summary>
    public void WaitForMore(long bytes)
    {
        awaited += bytes;
        Deadline deadline = Deadline.In(Patience);
        while (Volatile.Read(ref total) < awaited)
        {
            Check.True(!deadline.HasPassed, $"the guest sent {total} bytes, not {awaited}, within {Patience} s");
            Thread.Sleep(10);
        }

        awaited = Volatile.Read(ref total);
    }

    /// <summary>Gives the connection up; its other end may not be there any more.</summary>
    public void Drop() => Volatile.Read(ref current)?.Dispose();

    public void Dispose()
    {
        listener.Dispose();
        Drop();
    }

    private void Read()
    {
        byte[] buffer = new byte[65536];
        while (true)
        {
            try
            {
                using Socket socket = listener.AcceptSocket();
                Volatile.Write(ref current, socket);
                while (socket.Receive(buffer) is int count and > 0)
                {
                    Volatile.Write(ref total, total + count);
                }
            }
            catch (ObjectDisposedException)
            {
                if (!listener.Server.IsBound)
                {
                    return;
                }
            }
            catch (SocketException)
            {
                if (!listener.Server.IsBound)
                {
                    return;
                }
            }
        }
    }
}
