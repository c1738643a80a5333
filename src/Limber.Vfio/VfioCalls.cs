using System;
using System.Runtime.InteropServices;
using Limber.Interop;
using Limber.Vfio.Native;

namespace Limber.Vfio;

/// <summary>The real kernel.</summary>
public sealed unsafe class VfioCalls : IVfioCalls
{
    /// <summary>The one instance.</summary>
    public static VfioCalls Instance { get; } = new();

    private VfioCalls() { }

    /// <inheritdoc/>
    public int Open(string path) => Result(Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0));

    /// <inheritdoc/>
    public int Control(FileDescriptor fd, uint request, nint argument) => Result(Libc.ioctl(fd, request, argument));

    /// <inheritdoc/>
    public int Read(FileDescriptor fd, ulong offset, Span<byte> data)
    {
        // SAFETY: the buffer is pinned for the call and the length is its own.
        fixed (byte* buffer = data)
        {
            return Result(VfioLibc.pread(fd, buffer, (nuint)data.Length, (long)offset));
        }
    }

    /// <inheritdoc/>
    public int Write(FileDescriptor fd, ulong offset, ReadOnlySpan<byte> data)
    {
        // SAFETY: as above; the kernel only reads it.
        fixed (byte* buffer = data)
        {
            return Result(VfioLibc.pwrite(fd, buffer, (nuint)data.Length, (long)offset));
        }
    }

    /// <inheritdoc/>
    public nint Map(FileDescriptor fd, ulong offset, ulong length, bool writable)
    {
        int protection = writable ? Libc.PROT_READ | Libc.PROT_WRITE : Libc.PROT_READ;
        nint address = VfioLibc.mmap(0, (nuint)length, protection, Libc.MAP_SHARED, fd, (long)offset);
        return address == Libc.MAP_FAILED ? -Marshal.GetLastPInvokeError() : address;
    }

    /// <inheritdoc/>
    public void Unmap(nint address, ulong length) => _ = Libc.munmap(address, (nuint)length);

    private static int Result(nint value) => value < 0 ? -Marshal.GetLastPInvokeError() : (int)value;
}
