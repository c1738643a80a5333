using System;
using System.IO;
using System.Net;
using System.Net.Sockets;

namespace Limber.Chardev.Monitors;

/// <summary>A listening socket. A Unix socket's file is its owner's alone and goes away with it.</summary>
internal sealed class SocketListener : IDisposable
{
    private const int Backlog = 64;

    private readonly Socket socket;
    private readonly UnixSocketFile? file;

    private SocketListener(Socket socket, UnixSocketFile? file)
    {
        this.socket = socket;
        this.file = file;
    }

    /// <exception cref="ChardevException">The path is taken or can't be used; the text names it.</exception>
    public static SocketListener Unix(string path)
    {
        UnixSocketFile.RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(Backlog);
            return new SocketListener(socket, new UnixSocketFile(path));
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new ChardevException($"cannot listen on socket '{path}': {e.Message}", e);
        }
    }

    /// <exception cref="ChardevException">The address is taken or can't be used; the text names it.</exception>
    public static SocketListener Tcp(string host, int port)
    {
        Socket? socket = null;
        try
        {
            IPAddress address = Resolve(host);
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(Backlog);
            return new SocketListener(socket, null);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket?.Dispose();
            throw new ChardevException($"cannot listen on {host}:{port}: {e.Message}", e);
        }
    }

    /// <summary>The first address of a host name; an empty name is the loopback address.</summary>
    public static IPAddress Resolve(string host) =>
        host.Length == 0 ? IPAddress.Loopback
        : IPAddress.TryParse(host, out IPAddress? address) ? address
        : Dns.GetHostAddresses(host)[0];

    /// <summary>The next peer; null when the listener was disposed.</summary>
    public Socket? Accept()
    {
        while (true)
        {
            try
            {
                return socket.Accept();
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted or SocketError.NotSocket or SocketError.InvalidArgument)
            {
                return null;
            }
            catch (SocketException)
            {
                // A client that left before it was accepted, or no descriptors for a moment.
                System.Threading.Thread.Sleep(10);
            }
        }
    }

    public void Dispose()
    {
        file?.Remove();
        socket.Dispose();
    }
}
