using System;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Limber.Testing;

/// <summary>Sends bytes with descriptors beside them, which a socket object can't.</summary>
internal static unsafe partial class DescriptorSender
{
    private const int SocketLevel = 1;
    private const int Rights = 1;
    private const int NoSignal = 0x4000;
    private const int HeaderSize = 16;

    /// <param name="socket">A connected Unix socket.</param>
    /// <param name="data">At least one byte; little enough to be taken whole.</param>
    /// <param name="descriptors">They stay the caller's. None for an ordinary send.</param>
    public static void Send(Socket socket, ReadOnlySpan<byte> data, params ReadOnlySpan<int> descriptors)
    {
        int length = HeaderSize + (descriptors.Length * sizeof(int));

        // struct cmsghdr, cmsg(3): length, level, type; and its data.
        byte[] control = new byte[(length + 7) & ~7];
        BitConverter.TryWriteBytes(control, (long)length);
        BitConverter.TryWriteBytes(control.AsSpan(8), SocketLevel);
        BitConverter.TryWriteBytes(control.AsSpan(12), Rights);
        MemoryMarshal.AsBytes(descriptors).CopyTo(control.AsSpan(HeaderSize));
        fixed (byte* bytes = data)
        fixed (byte* rights = control)
        {
            // struct iovec; struct msghdr, recvmsg(2): name, its length, vectors, their number, control, its length, flags.
            nint* vector = stackalloc nint[] { (nint)bytes, data.Length };
            nint* message = stackalloc nint[] { 0, 0, (nint)vector, 1, descriptors.IsEmpty ? 0 : (nint)rights, descriptors.IsEmpty ? 0 : control.Length, 0 };
            nint sent = sendmsg(socket.SafeHandle, message, NoSignal);
            if (sent != data.Length)
            {
                throw new InvalidOperationException($"sendmsg took {sent} of {data.Length} bytes (errno {Marshal.GetLastPInvokeError()})");
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(SafeHandle socket, nint* message, int flags);
}
