using System;
using System.Runtime.InteropServices;
using Limber.Chardev.Native;
using Limber.Config;
using Limber.Interop;

namespace Limber.Chardev.Sockets;

/// <summary>Makes stream sockets, and connects them to somebody else's.</summary>
internal static class SocketConnector
{
    /// <exception cref="ChardevException">Nobody is there; the text names the address.</exception>
    public static FileDescriptor Connect(ChardevConfig config)
    {
        SocketAddress[] addresses = config switch
        {
            ChardevConfig.UnixSocket unix => [SocketAddress.Unix(unix.Path)],
            ChardevConfig.TcpSocket tcp => SocketAddress.Resolve(tcp.Host, tcp.Port),
            _ => throw new ArgumentException($"{config} is not a socket", nameof(config)),
        };

        // A host has addresses of two families more often than not, and its server listens on one of them.
        int error = 0;
        foreach (SocketAddress address in addresses)
        {
            FileDescriptor socket = Create(address.Family, 0);
            error = TryConnect(socket, address);
            if (error == 0)
            {
                return socket;
            }

            socket.Dispose();
        }

        SocketAddress last = addresses[^1];
        throw new ChardevException($"cannot connect to {last.Name}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>A new stream socket, closed on exec.</summary>
    /// <param name="flags"><see cref="Libc.SOCK_NONBLOCK"/> or 0.</param>
    /// <exception cref="ChardevException">The host refused.</exception>
    public static FileDescriptor Create(int family, int flags)
    {
        int fd = Libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | flags, 0);
        if (fd < 0)
        {
            throw new ChardevException($"cannot create a socket: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        var socket = new FileDescriptor(fd);
        if (family != Libc.AF_UNIX)
        {
            SetOption(socket, Posix.IPPROTO_TCP, Posix.TCP_NODELAY);
        }

        return socket;
    }

    /// <summary>Connects and returns 0, or the <c>errno</c>.</summary>
    public static unsafe int TryConnect(FileDescriptor socket, SocketAddress address)
    {
        fixed (byte* bytes = address.Bytes)
        {
            return Libc.connect(socket, bytes, (uint)address.Bytes.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Switches an option on; one that the host does not have is no loss.</summary>
    public static unsafe void SetOption(FileDescriptor socket, int level, int option)
    {
        int on = 1;
        _ = Libc.setsockopt(socket, level, option, &on, sizeof(int));
    }
}
