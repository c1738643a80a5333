using System;
using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.VirtioDevices.Native;

/// <summary>Transfers on sockets that do not block; results are bytes or a negative <c>errno</c>.</summary>
internal static unsafe partial class SocketCalls
{
    public const int SHUT_RD = 0;
    public const int SHUT_WR = 1;

    private const int MSG_PEEK = 0x2;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_NOSIGNAL = 0x4000;
    private const string Library = "libc";

    /// <summary>Receives into pieces of memory; 0 at the end.</summary>
    public static int Receive(FileDescriptor fd, ReadOnlySpan<IoVector> target)
    {
        fixed (IoVector* vectors = target)
        {
            Message message = new() { Vectors = vectors, VectorCount = (nuint)target.Length };
            return Result(recvmsg(fd, &message, MSG_DONTWAIT));
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
            return Result(recv(fd, start, (nuint)target.Length, MSG_DONTWAIT | (peek ? MSG_PEEK : 0)));
        }
    }

    /// <summary>Sends pieces of memory; never raises a signal.</summary>
    public static int Send(FileDescriptor fd, ReadOnlySpan<IoVector> source)
    {
        fixed (IoVector* vectors = source)
        {
            Message message = new() { Vectors = vectors, VectorCount = (nuint)source.Length };
            return Result(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
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

    [LibraryImport(Library, SetLastError = true)]
    public static partial int shutdown(FileDescriptor fd, int how);

    private static int Result(nint count) => count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint recv(FileDescriptor fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint recvmsg(FileDescriptor fd, Message* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint sendmsg(FileDescriptor fd, Message* message, int flags);

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
