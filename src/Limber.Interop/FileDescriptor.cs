using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>An open file descriptor; closed when disposed.</summary>
public sealed class FileDescriptor : SafeHandle
{
    /// <summary>Takes ownership of a descriptor.</summary>
    public FileDescriptor(int fd)
        : base(-1, ownsHandle: true) => SetHandle(fd);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>The number. It must not be used after the descriptor was disposed.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
