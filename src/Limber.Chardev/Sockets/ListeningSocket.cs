using System;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Chardev.Native;
using Limber.Config;
using Limber.Interop;

namespace Limber.Chardev.Sockets;

/// <summary>A socket that peers connect to. A Unix socket's file is its owner's alone and goes away with it.</summary>
/// <remarks>Thread: one accepts; <see cref="Dispose"/> on any ends its wait.</remarks>
internal sealed class ListeningSocket : IDisposable
{
    private const int Backlog = 128;
    private const int RetryMilliseconds = 100;
    private const uint OwnerReadWrite = 0x180; // 0600

    private readonly WakeEvent wake = new();
    private readonly UnixSocketFile? file;
    private int disposed;

    private ListeningSocket(FileDescriptor descriptor, UnixSocketFile? file, string name)
    {
        Descriptor = descriptor;
        this.file = file;
        Name = name;
    }

    /// <summary>Readable while a peer waits to be accepted.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>What it is bound to, such as <c>socket '/run/vm.sock'</c> or <c>127.0.0.1:4444</c>.</summary>
    public string Name { get; }

    /// <summary>The TCP port it is bound to.</summary>
    public unsafe int Port
    {
        get
        {
            Span<byte> bytes = stackalloc byte[128];
            uint length = (uint)bytes.Length;
            fixed (byte* pointer = bytes)
            {
                return Posix.getsockname(Descriptor, pointer, &length) == 0 ? SocketAddress.FromBytes(bytes[..(int)length]).Port : 0;
            }
        }
    }

    /// <summary>Listens at the place that a server's configuration names.</summary>
    /// <exception cref="ChardevException">The place is taken or can't be used; the text names it.</exception>
    public static ListeningSocket Open(ChardevConfig config) => config switch
    {
        ChardevConfig.UnixSocket { Server: true } unix => OpenUnix(unix.Path),
        ChardevConfig.TcpSocket { Server: true } tcp => OpenTcp(tcp.Host, tcp.Port),
        _ => throw new ArgumentException($"{config} is not a listening socket", nameof(config)),
    };

    /// <summary>The next peer; null when none has come within a time, or was gone again.</summary>
    /// <param name="patience">In whole milliseconds; none to take one that is there.</param>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    public unsafe FileDescriptor? TryAccept(TimeSpan patience)
    {
        _ = HostIo.Wait(Descriptor, Posix.POLLIN, wake, (int)patience.TotalMilliseconds);
        int fd = Posix.accept4(Descriptor, null, null, Libc.SOCK_CLOEXEC);
        return fd >= 0 ? Accepted(fd) : null;
    }

    /// <summary>The next peer; null when the listener was disposed.</summary>
    public unsafe FileDescriptor? Accept()
    {
        while (Volatile.Read(ref disposed) == 0)
        {
            try
            {
                _ = HostIo.Wait(Descriptor, Posix.POLLIN, wake, -1);
                int fd = Posix.accept4(Descriptor, null, null, Libc.SOCK_CLOEXEC);
                if (fd >= 0)
                {
                    return Accepted(fd);
                }

                if (Marshal.GetLastPInvokeError() is not (Posix.EAGAIN or Posix.EINTR))
                {
                    // No descriptors for a moment, or a peer that left: it stays readable, so waiting on it would spin.
                    _ = HostIo.Wait(null, 0, wake, RetryMilliseconds);
                }
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
        }

        return null;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            wake.Signal();
            file?.Remove();
            Descriptor.Dispose();

            // Whoever waits holds it until it has seen the signal.
            wake.Dispose();
        }
    }

    private static ListeningSocket OpenUnix(string path)
    {
        SocketAddress address = SocketAddress.Unix(path);
        FileDescriptor socket = SocketConnector.Create(Libc.AF_UNIX, Libc.SOCK_NONBLOCK);
        try
        {
            // The kernel gives the file the mode of the socket, less the umask: no moment at which others can connect.
            _ = Posix.fchmod(socket, OwnerReadWrite);
            int error = TryBind(socket, address);
            if (error == Posix.EADDRINUSE)
            {
                UnixSocketPath.ClearStale(path);
                error = TryBind(socket, address);
            }

            if (error == Posix.EADDRINUSE)
            {
                throw new ChardevException($"socket path '{path}' is in use");
            }

            ThrowIfFailed(error, address.Name);
            var file = new UnixSocketFile(path);
            Listen(socket, address.Name);
            return new ListeningSocket(socket, file, address.Name);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ListeningSocket OpenTcp(string host, int port)
    {
        SocketAddress address = SocketAddress.Resolve(host, port)[0];
        FileDescriptor socket = SocketConnector.Create(address.Family, Libc.SOCK_NONBLOCK);
        try
        {
            // A server that ended a moment ago leaves connections that would keep the port for a minute.
            SocketConnector.SetOption(socket, Libc.SOL_SOCKET, Posix.SO_REUSEADDR);
            ThrowIfFailed(TryBind(socket, address), address.Name);
            Listen(socket, address.Name);
            return new ListeningSocket(socket, null, address.Name);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static FileDescriptor Accepted(int fd)
    {
        var peer = new FileDescriptor(fd);
        SocketConnector.SetOption(peer, Posix.IPPROTO_TCP, Posix.TCP_NODELAY);
        return peer;
    }

    private static unsafe int TryBind(FileDescriptor socket, SocketAddress address)
    {
        fixed (byte* bytes = address.Bytes)
        {
            return Posix.bind(socket, bytes, (uint)address.Bytes.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    private static void Listen(FileDescriptor socket, string name) =>
        ThrowIfFailed(Posix.listen(socket, Backlog) == 0 ? 0 : Marshal.GetLastPInvokeError(), name);

    private static void ThrowIfFailed(int error, string name)
    {
        if (error != 0)
        {
            throw new ChardevException($"cannot listen on {name}: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }
}
