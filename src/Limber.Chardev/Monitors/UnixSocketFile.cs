using System;
using System.IO;
using System.Net.Sockets;

namespace Limber.Chardev.Monitors;

/// <summary>The file of a listening Unix socket.</summary>
internal sealed class UnixSocketFile
{
    private readonly string path;
    private readonly DateTime created;

    /// <param name="path">Path of a socket that was just bound.</param>
    public UnixSocketFile(string path)
    {
        this.path = Path.GetFullPath(path);
        created = File.GetLastWriteTimeUtc(this.path);
    }

    /// <summary>Removes what an earlier process left, if nobody listens there.</summary>
    /// <exception cref="ChardevException">Somebody does, or it is not a socket.</exception>
    public static void RemoveStale(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException) when (!IsSocket(path))
        {
            throw new ChardevException($"socket path '{path}' exists and is not a socket");
        }
        catch (SocketException e)
        {
            throw new ChardevException($"socket path '{path}' is in use: {e.Message}", e);
        }

        throw new ChardevException($"socket path '{path}' is in use");
    }

    /// <summary>Removes the file unless somebody else has put another in its place.</summary>
    public void Remove()
    {
        try
        {
            if (File.GetLastWriteTimeUtc(path) == created)
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays; the next start finds that nobody listens there.
        }
    }

    // .NET has no name for a socket's file type: what is neither regular, directory, link nor device and can't be opened.
    private static bool IsSocket(string path) =>
        (File.GetAttributes(path) & (FileAttributes.Directory | FileAttributes.ReparsePoint)) == 0 && IsUnopenable(path);

    private static bool IsUnopenable(string path)
    {
        int fd = Interop.Libc.open(path, 0x800 | Interop.Libc.O_CLOEXEC, 0); // O_RDONLY | O_NONBLOCK
        if (fd < 0)
        {
            return System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == 6; // ENXIO: what open() says of a socket
        }

        _ = Interop.Libc.close(fd);
        return false;
    }
}
