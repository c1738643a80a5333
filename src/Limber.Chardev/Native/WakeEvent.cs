using System;
using Limber.Interop;

namespace Limber.Chardev.Native;

/// <summary>Wakes a thread that waits in <c>poll</c>. Stays signalled until it is cleared.</summary>
/// <remarks>Thread: any. Signalling allocates nothing, never blocks, and is harmless after the event was disposed.</remarks>
internal sealed class WakeEvent : IDisposable
{
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public WakeEvent()
    {
        int fd = Posix.eventfd(0, Posix.EFD_CLOEXEC | Posix.EFD_NONBLOCK);
        Descriptor = fd >= 0 ? new FileDescriptor(fd) : throw HostException.FromLastError("cannot create an eventfd");
    }

    /// <summary>Readable while signalled.</summary>
    public FileDescriptor Descriptor { get; }

    public void Signal()
    {
        ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        if (!Descriptor.IsClosed)
        {
            try
            {
                _ = HostIo.Write(Descriptor, one);
            }
            catch (ObjectDisposedException)
            {
                // Whoever waited is gone.
            }
        }
    }

    public void Clear()
    {
        Span<byte> count = stackalloc byte[8];
        _ = HostIo.Read(Descriptor, count);
    }

    public void Dispose() => Descriptor.Dispose();
}
