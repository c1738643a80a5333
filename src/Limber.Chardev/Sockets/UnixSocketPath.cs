using System.Runtime.InteropServices;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Sockets;

/// <summary>A path that a server is about to listen on. Thread: any.</summary>
public static class UnixSocketPath
{
    /// <summary>Removes what a server that is no more left at a path. No effect where nothing is there.</summary>
    /// <remarks>
    /// Of two processes that find a stale socket at the same moment one may remove the other's new one: what is left of that
    /// window can only be closed by a lock that both respect.
    /// </remarks>
    /// <exception cref="ChardevException">Somebody listens there, it is no socket, or it can't be removed.</exception>
    public static void ClearStale(string path)
    {
        if (FileStatus.Of(path) is not { } found)
        {
            return;
        }

        if (!found.IsSocket)
        {
            throw new ChardevException($"socket path '{path}' exists and is not a socket");
        }

        // Without waiting: a live server whose queue is full would keep a blocking probe.
        using FileDescriptor probe = SocketConnector.Create(Libc.AF_UNIX, Libc.SOCK_NONBLOCK);
        int error = SocketConnector.TryConnect(probe, SocketAddress.Unix(path));
        if (error == Posix.ENOENT)
        {
            return;
        }

        if (error != Posix.ECONNREFUSED)
        {
            // A full queue, a datagram socket, no permission: somebody may well be there.
            throw new ChardevException($"socket path '{path}' is in use");
        }

        if (FileStatus.Of(path) == found && Posix.unlink(path) != 0 && Marshal.GetLastPInvokeError() is int reason and not Posix.ENOENT)
        {
            throw new ChardevException($"cannot remove the stale socket '{path}': {Marshal.GetPInvokeErrorMessage(reason)}");
        }
    }
}
