using System;
using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Chardev.Native;

/// <summary>Reads, writes and waits on descriptors. Nothing here throws for what the other end does, or allocates.</summary>
/// <remarks>Transfers return the bytes moved, or the negative <c>errno</c>; an interrupted call is repeated.</remarks>
internal static unsafe class HostIo
{
    public static int Read(FileDescriptor fd, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            nint result;
            do
            {
                result = Posix.read(fd, pointer, (nuint)buffer.Length);
            }
            while (WasInterrupted(result));
            return Result(result);
        }
    }

    public static int Write(FileDescriptor fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            nint result;
            do
            {
                result = Posix.write(fd, pointer, (nuint)data.Length);
            }
            while (WasInterrupted(result));
            return Result(result);
        }
    }

    /// <param name="flags"><see cref="Libc.MSG_DONTWAIT"/> or 0.</param>
    public static int Receive(FileDescriptor socket, Span<byte> buffer, int flags)
    {
        fixed (byte* pointer = buffer)
        {
            nint result;
            do
            {
                result = Libc.recv(socket, pointer, (nuint)buffer.Length, flags);
            }
            while (WasInterrupted(result));
            return Result(result);
        }
    }

    /// <summary>Sends without raising SIGPIPE.</summary>
    /// <inheritdoc cref="Receive"/>
    public static int Send(FileDescriptor socket, ReadOnlySpan<byte> data, int flags)
    {
        fixed (byte* pointer = data)
        {
            nint result;
            do
            {
                result = Libc.send(socket, pointer, (nuint)data.Length, flags | Libc.MSG_NOSIGNAL);
            }
            while (WasInterrupted(result));
            return Result(result);
        }
    }

    /// <summary>
    /// Waits until a descriptor is ready, <paramref name="wake"/> is signalled, or the time is over.
    /// </summary>
    /// <param name="fd">Null to wait for the event alone.</param>
    /// <param name="events"><c>POLLIN</c>, <c>POLLOUT</c> or 0; a hang-up and an error end the wait always.</param>
    /// <param name="wake">Ends the wait; it stays signalled.</param>
    /// <param name="milliseconds">-1 for ever.</param>
    /// <returns>What is true of <paramref name="fd"/>; 0 for nothing.</returns>
    /// <exception cref="ObjectDisposedException">The descriptor was closed before.</exception>
    public static short Wait(FileDescriptor? fd, short events, WakeEvent? wake, int milliseconds)
    {
        bool fdHeld = false;
        bool wakeHeld = false;
        try
        {
            fd?.DangerousAddRef(ref fdHeld);
            wake?.Descriptor.DangerousAddRef(ref wakeHeld);
            PollDescriptor* descriptors = stackalloc PollDescriptor[2];

            // poll ignores negative numbers.
            descriptors[0] = new PollDescriptor { fd = fd?.Number ?? -1, events = events };
            descriptors[1] = new PollDescriptor { fd = wake?.Descriptor.Number ?? -1, events = Posix.POLLIN };
            return Posix.poll(descriptors, 2, milliseconds) > 0 ? descriptors[0].revents : (short)0;
        }
        finally
        {
            if (wakeHeld)
            {
                wake!.Descriptor.DangerousRelease();
            }

            if (fdHeld)
            {
                fd!.DangerousRelease();
            }
        }
    }

    // No marshalled call may come between the failed one and this.
    private static bool WasInterrupted(nint result) => result < 0 && Marshal.GetLastPInvokeError() == Posix.EINTR;

    private static int Result(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : (int)result;
}
