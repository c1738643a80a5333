using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace Limber.Bench;

/// <summary>Whom the guests talk to, on the host; benchmarks/guest/io.c says what.</summary>
internal sealed class NetPeer : IDisposable
{
    public const int Port = 9400;
    private const int Block = 64 << 10;
    private const int Datagram = 64;
    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public NetPeer()
    {
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Any, Port));
        listener.Listen();
        datagrams.ReceiveBufferSize = 4 << 20;
        datagrams.Bind(new IPEndPoint(IPAddress.Any, Port));
        Start(Serve, "net-peer");
        Start(Count, "net-peer-udp");
    }

    public void Dispose()
    {
        listener.Dispose();
        datagrams.Dispose();
    }

    // One connection at a time: one machine is measured at a time.
    private void Serve()
    {
        byte[] buffer = new byte[Block];
        while (true)
        {
            using Socket guest = listener.Accept();
            guest.NoDelay = true;
            try
            {
                Take(guest, buffer, sizeof(uint));
                uint head = BinaryPrimitives.ReadUInt32BigEndian(buffer);
                guest.Send(buffer, 1, SocketFlags.None);
                Serve(guest, buffer, (char)(head >> 24), head & 0xffffff);
            }
            catch (SocketException)
            {
                // The guest is gone.
            }
        }
    }

    private static void Serve(Socket guest, byte[] buffer, char what, uint count)
    {
        switch (what)
        {
            case 't':
                for (uint i = 0; i < count; i++)
                {
                    Take(guest, buffer, 1);
                    guest.Send(buffer, 1, SocketFlags.None);
                }

                break;
            case 's':
                Take(guest, buffer, (long)count << 20);
                guest.Send(buffer, 1, SocketFlags.None);
                break;
            default:
                for (long left = (long)count << 20; left > 0; left -= Block)
                {
                    guest.Send(buffer);
                }

                break;
        }
    }

    private static void Take(Socket guest, byte[] buffer, long size)
    {
        while (size > 0)
        {
            int got = guest.Receive(buffer, 0, (int)Math.Min(size, buffer.Length), SocketFlags.None);
            size -= got > 0 ? got : throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    private void Count()
    {
        byte[] buffer = new byte[Datagram];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        while (true)
        {
            int got = datagrams.ReceiveFrom(buffer, SocketFlags.None, from);
            if (got > 0 && buffer[0] == 1)
            {
                datagrams.SendTo(buffer, SocketFlags.None, from);
            }
        }
    }

    private static void Start(Action work, string name) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the benchmark.
        }
    })
    { IsBackground = true, Name = name }.Start();
}
