using System;
using System.Net;
using System.Net.Sockets;
using Limber.Config;

namespace Limber.Chardev.Monitors;

/// <summary>Sockets that connect to somebody else's.</summary>
internal static class PeerSocket
{
    /// <exception cref="ChardevException">Nobody is there; the text names the address.</exception>
    public static Socket Connect(ChardevConfig config)
    {
        (Socket socket, EndPoint address) = config switch
        {
            ChardevConfig.UnixSocket unix => (new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), (EndPoint)new UnixDomainSocketEndPoint(unix.Path)),
            ChardevConfig.TcpSocket tcp => ForTcp(tcp),
            _ => throw new ArgumentException($"{config} is not a socket", nameof(config)),
        };
        try
        {
            socket.Connect(address);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ChardevException($"cannot connect to socket '{address}': {e.Message}", e);
        }
    }

    private static (Socket Socket, EndPoint Address) ForTcp(ChardevConfig.TcpSocket tcp)
    {
        try
        {
            IPAddress address = SocketListener.Resolve(tcp.Host);
            return (new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(address, tcp.Port));
        }
        catch (SocketException e)
        {
            throw new ChardevException($"cannot resolve host '{tcp.Host}': {e.Message}", e);
        }
    }
}
