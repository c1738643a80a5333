using System;
using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Virtio.Rng;

/// <summary>A file or character device (<c>/dev/hwrng</c>) that gives random bytes.</summary>
public sealed unsafe class FileEntropySource : IEntropySource
{
    private readonly string path;
    private readonly FileDescriptor file;

    /// <param name="path">Is opened for reading.</param>
    /// <exception cref="HostException">It can't be opened.</exception>
    public FileEntropySource(string path)
    {
        this.path = path;
        int fd = Libc.open(path, Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        file = fd >= 0 ? new FileDescriptor(fd) : throw HostException.FromLastError($"cannot open the entropy source {path}");
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count = Libc.read(file, start, (nuint)buffer.Length);
            if (count >= 0)
            {
                // The end of a plain file: it has nothing more, now or later.
                return (int)count;
            }
        }

        return Marshal.GetLastPInvokeError() is ErrorNumber.EAGAIN or ErrorNumber.EINTR
            ? 0
            : throw HostException.FromLastError($"cannot read the entropy source {path}");
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
