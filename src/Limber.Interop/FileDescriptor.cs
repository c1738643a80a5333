using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>An open file descriptor; closed when disposed.</summary>
public sealed class FileDescriptor : SafeHandle
{
    /// <summary>Takes ownership of a descriptor, or borrows one that its owner keeps open for as long as this object is used.</summary>
    public FileDescriptor(int fd, bool ownsHandle = true)
        : base(-1, ownsHandle) => SetHandle(fd);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>The number. It must not be used after the descriptor was disposed.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
