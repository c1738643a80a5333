using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Limber.Interop;

/// <summary>
/// An <c>eventfd</c>: a counter that threads, the kernel and other processes add to, and that a thread waits for.
/// </summary>
/// <remarks>Thread: any. Signalling allocates nothing, never blocks, and is harmless after the event was disposed.</remarks>
public sealed unsafe class HostEvent : IDisposable
{
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public HostEvent()
    {
        int fd = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        Descriptor = fd >= 0 ? new FileDescriptor(fd) : throw HostException.FromLastError("cannot create an eventfd");
    }

    /// <summary>Readable while signalled; handed to <c>epoll</c>, KVM and other processes.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>True while signalled; changes nothing.</summary>
    public bool IsSignalled
    {
        get
        {
            PollDescriptor poll = new() { fd = Descriptor.Number, events = PollDescriptor.POLLIN };
            return Libc.poll(&poll, 1, 0) == 1;
        }
    }

    /// <summary>Waits until signalled; changes nothing.</summary>
    /// <param name="timeout">At most this long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <returns>False when the time is over.</returns>
    public bool Wait(TimeSpan timeout)
    {
        PollDescriptor poll = new() { fd = Descriptor.Number, events = PollDescriptor.POLLIN };
        int milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Ceiling(timeout.TotalMilliseconds);
        int ready;
        do
        {
            ready = Libc.poll(&poll, 1, milliseconds);
        }
        while (ready < 0 && Marshal.GetLastPInvokeError() == ErrorNumber.EINTR);
        return ready == 1;
    }

    /// <summary>Adds one.</summary>
    public void Signal()
    {
        ulong one = 1;
        try
        {
            // A full counter answers EAGAIN: the event is signalled then anyway.
            _ = Libc.write(Descriptor, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Whoever waited is gone.
        }
    }

    /// <summary>Returns to not signalled.</summary>
    /// <returns>Whether it was signalled.</returns>
    public bool Clear()
    {
        ulong count;
        return Libc.read(Descriptor, &count, sizeof(ulong)) == sizeof(ulong);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
