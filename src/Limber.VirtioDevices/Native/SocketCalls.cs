using System;
using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.VirtioDevices.Native;

/// <summary>Transfers on sockets that do not block; results are bytes or a negative <c>errno</c>.</summary>
internal static unsafe class SocketCalls
{
    /// <summary>Receives into pieces of memory; 0 at the end.</summary>
    public static int Receive(FileDescriptor fd, ReadOnlySpan<IoVector> target)
    {
        fixed (IoVector* vectors = target)
        {
            MessageHeader message = new() { Vectors = vectors, VectorCount = (nuint)target.Length };
            return Result(Libc.recvmsg(fd, &message, Libc.MSG_DONTWAIT));
        }
    }

    /// <summary>Receives into one piece.</summary>
    /// <param name="fd">The socket.</param>
    /// <param name="target">Where to.</param>
    /// <param name="peek">Leave the bytes where they are.</param>
    public static int Receive(FileDescriptor fd, Span<byte> target, bool peek)
    {
        fixed (byte* start = target)
        {
            return Result(Libc.recv(fd, start, (nuint)target.Length, Libc.MSG_DONTWAIT | (peek ? Libc.MSG_PEEK : 0)));
        }
    }

    /// <summary>Sends pieces of memory; never raises a signal.</summary>
    public static int Send(FileDescriptor fd, ReadOnlySpan<IoVector> source)
    {
        fixed (IoVector* vectors = source)
        {
            MessageHeader message = new() { Vectors = vectors, VectorCount = (nuint)source.Length };
            return Result(Libc.sendmsg(fd, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL));
        }
    }

    /// <summary>Sends one piece.</summary>
    public static int Send(FileDescriptor fd, ReadOnlySpan<byte> source)
    {
        fixed (byte* start = source)
        {
            return Send(fd, [new IoVector((nint)start, (nuint)source.Length)]);
        }
    }

    private static int Result(nint count) => count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
}
