using System;
using System.Threading;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Monitors;

/// <summary>A connected socket. Disposing of it ends a read (0 bytes) and a write (an exception) that another thread is in.</summary>
internal sealed class SocketStream : BlockingStream, IDescriptorStream
{
    // QEMU's limit; the kernel closes what exceeds it.
    private const int MaximumDescriptors = 16;

    private readonly FileDescriptor socket;
    private ReceivedDescriptors? received;
    private int disposed;

    /// <param name="socket">Owned from here on.</param>
    public SocketStream(FileDescriptor socket) => this.socket = socket;

    /// <exception cref="System.IO.IOException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed before.</exception>
    public override int Read(Span<byte> buffer)
    {
        TakeDescriptors()?.Dispose();
        Span<int> numbers = stackalloc int[MaximumDescriptors];
        int result = DescriptorMessage.Receive(socket, buffer, 0, numbers, out int count);
        if (count > 0)
        {
            Interlocked.Exchange(ref received, new ReceivedDescriptors(numbers[..count]));
            if (Volatile.Read(ref disposed) != 0)
            {
                TakeDescriptors()?.Dispose();
            }
        }

        return result >= 0 ? result : throw Failure("cannot read from a monitor client", result);
    }

    /// <inheritdoc/>
    public ReceivedDescriptors? TakeDescriptors() => Interlocked.Exchange(ref received, null);

    /// <summary>Writes all, or throws.</summary>
    /// <inheritdoc cref="Read"/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int result = HostIo.Send(socket, buffer, 0);
            buffer = result >= 0 ? buffer[result..] : throw Failure("cannot write to a monitor client", result);
        }
    }

    protected override void Dispose(bool disposing)
    {
        // Disposing of the descriptor alone would not end a call that holds it.
        if (disposing && Interlocked.Exchange(ref disposed, 1) == 0)
        {
            _ = Libc.shutdown(socket, Libc.SHUT_RDWR);
            socket.Dispose();
            TakeDescriptors()?.Dispose();
        }

        base.Dispose(disposing);
    }
}
