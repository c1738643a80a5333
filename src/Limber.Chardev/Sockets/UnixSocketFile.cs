using System.IO;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Sockets;

/// <summary>The file of a listening Unix socket.</summary>
/// <remarks>
/// Invariant: <see cref="Remove"/> comes before the socket is closed. The bound socket keeps its inode in use, so that no
/// other file can have the number meanwhile, and comparing numbers is enough to know the file again.
/// </remarks>
internal sealed class UnixSocketFile
{
    private readonly string path;
    private readonly FileStatus? status;

    /// <param name="path">Path of a socket that was just bound; the working directory may change later.</param>
    public UnixSocketFile(string path)
    {
        this.path = Path.GetFullPath(path);
        status = FileStatus.Of(this.path);
    }

    /// <summary>Removes what a server that is no more left at the path.</summary>
    /// <exception cref="ChardevException">Somebody listens there, or it is not a socket.</exception>
    public static void RemoveStale(string path, SocketAddress address)
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
        using FileDescriptor probe = SocketConnector.Create(Posix.AF_UNIX, Posix.SOCK_NONBLOCK);
        int error = SocketConnector.TryConnect(probe, address);
        if (error == Posix.ENOENT)
        {
            return;
        }

        if (error != Posix.ECONNREFUSED)
        {
            throw new ChardevException($"socket path '{path}' is in use");
        }

        // Another process may have replaced it since; what is left of that window can't be closed without a lock file.
        if (FileStatus.Of(path) == found)
        {
            _ = Posix.unlink(path);
        }
    }

    /// <summary>Removes the file unless somebody has put another in its place.</summary>
    public void Remove()
    {
        if (status is not null && FileStatus.Of(path) == status)
        {
            _ = Posix.unlink(path);
        }
    }
}
