using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Limber.Chardev;
using Limber.Chardev.Sockets;
using Limber.Interop;

namespace Limber.Rest.Sockets;

/// <summary>
/// The right to listen on a path, for as long as it lives.
/// </summary>
/// <remarks>
/// <c>PATH.lock</c> is locked before anything is done to the path, so of two processes that find a stale socket only one
/// removes it. A listener that knows nothing of the lock is found by connecting to it. The lock file is removed with the
/// claim; <see cref="TryLock"/> tells how that stays safe.
/// </remarks>
internal sealed class SocketClaim : IDisposable
{
    // sun_path has 108 bytes with the terminating zero (unix(7)).
    private const int MaxPathBytes = 107;

    // EAGAIN: what flock returns when another open file description has the lock. An IOException's HResult is errno.
    private const int WouldBlock = 11;

    private readonly FileStream lockFile;

    private SocketClaim(string path, FileStream lockFile)
    {
        Path = path;
        this.lockFile = lockFile;
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Claims a path and clears it of a stale socket.</summary>
    /// <exception cref="IOException">See <see cref="RestServer.StartAsync(string, IVmHost, RestServerOptions?)"/>.</exception>
    public static SocketClaim Take(string path)
    {
        int length = Encoding.UTF8.GetByteCount(path);
        if (length > MaxPathBytes)
        {
            throw new IOException($"socket path '{path}' has {length} bytes; the limit is {MaxPathBytes}");
        }

        FileStream lockFile;
        try
        {
            lockFile = Lock(path);
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new IOException($"cannot lock socket path '{path}': {HostReason.Of(denied)}", denied);
        }
        catch (IOException failure) when (failure.HResult != WouldBlock)
        {
            throw new IOException($"cannot lock socket path '{path}': {HostReason.Of(failure)}", failure);
        }
        catch (IOException held)
        {
            throw InUse(path, held);
        }

        SocketClaim claim = new(path, lockFile);
        try
        {
            UnixSocketPath.ClearStale(path);
            return claim;
        }
        catch (ChardevException taken)
        {
            claim.Dispose();
            throw new IOException(taken.Message, taken);
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>A socket bound to the path, not yet listening. Disposing it removes the file.</summary>
    public Socket Bind()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(Path));
            // Invariant: nobody can connect before listen(), so there is no moment at which others may.
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Gives the path up; the listener must have been disposed before.</summary>
    public void Dispose()
    {
        // Removed while still locked, see TryLock.
        try
        {
            File.Delete(lockFile.Name);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A lock file that stays behind is unlocked and does no harm.
        }

        lockFile.Dispose();
    }

    private static FileStream Lock(string path)
    {
        string lockPath = System.IO.Path.GetFullPath(path + ".lock");
        while (true)
        {
            if (TryLock(lockPath) is { } lockFile)
            {
                return lockFile;
            }
        }
    }

    /// <summary>
    /// Opens and locks; null when the file was removed in between. Its last owner removes a lock file, so a file that was
    /// opened before and locked after that is one that nobody else will ever find: such a lock is worth nothing.
    /// </summary>
    private static FileStream? TryLock(string lockPath)
    {
        FileStream lockFile = new(lockPath, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        if (FileStatus.Of(lockFile.SafeFileHandle) == FileStatus.Of(lockPath))
        {
            return lockFile;
        }

        lockFile.Dispose();
        return null;
    }

    private static IOException InUse(string path, Exception cause) => new($"socket path '{path}' is in use", cause);
}
