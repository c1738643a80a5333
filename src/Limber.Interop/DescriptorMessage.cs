using System;
using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>Open descriptors that come beside the bytes of a Unix socket (<c>SCM_RIGHTS</c>, unix(7)).</summary>
public static unsafe class DescriptorMessage
{
    /// <summary>The most descriptors that the kernel lets pass beside one message (<c>SCM_MAX_FD</c>).</summary>
    public const int Maximum = 253;

    /// <summary>Receives bytes and the descriptors beside them, which a program that is started does not inherit.</summary>
    /// <remarks>
    /// The kernel ends a transfer behind bytes that came with descriptors: these belong to the last byte received, and perhaps to some
    /// before it. What exceeds <paramref name="numbers"/>, or this process's limit of open files, is closed by the kernel.
    /// </remarks>
    /// <param name="socket">A stream socket.</param>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="flags"><see cref="Libc.MSG_DONTWAIT"/> or 0.</param>
    /// <param name="numbers">Receives the descriptors, which are the caller's to close; at most <see cref="Maximum"/> are used.</param>
    /// <param name="count">How many there are; 0 when the call failed.</param>
    /// <returns>Bytes, or the negative <c>errno</c>; an interrupted call is repeated.</returns>
    public static int Receive(FileDescriptor socket, Span<byte> buffer, int flags, Span<int> numbers, out int count)
    {
        count = 0;
        numbers = numbers[..Math.Min(numbers.Length, Maximum)];
        int room = sizeof(ControlHeader) + (numbers.Length * sizeof(int));
        ulong* control = stackalloc ulong[(room + sizeof(ulong) - 1) / sizeof(ulong)];
        fixed (byte* start = buffer)
        {
            IoVector vector = new((nint)start, (nuint)buffer.Length);
            MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = (nuint)room };
            nint received;
            while ((received = Libc.recvmsg(socket, &message, flags | Libc.MSG_CMSG_CLOEXEC)) < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error != ErrorNumber.EINTR)
                {
                    return -error;
                }
            }

            // The kernel puts all descriptors of a transfer into one control message, and nothing else was asked for.
            var header = (ControlHeader*)control;
            if (message.ControlLength >= (nuint)sizeof(ControlHeader) && header->Level == Libc.SOL_SOCKET && header->Type == Libc.SCM_RIGHTS)
            {
                count = (int)((nuint.Min(header->Length, (nuint)room) - (nuint)sizeof(ControlHeader)) / sizeof(int));
                new ReadOnlySpan<int>(header + 1, count).CopyTo(numbers);
            }

            return (int)received;
        }
    }
}
