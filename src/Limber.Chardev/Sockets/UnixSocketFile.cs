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

    /// <summary>Removes the file unless somebody has put another in its place.</summary>
    public void Remove()
    {
        if (status is not null && FileStatus.Of(path) == status)
        {
            _ = Posix.unlink(path);
        }
    }
}
