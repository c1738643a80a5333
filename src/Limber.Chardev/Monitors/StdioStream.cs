using System;
using Limber.Chardev.Native;
using Limber.Chardev.Terminal;

namespace Limber.Chardev.Monitors;

/// <summary>Standard input and output as one stream, in raw mode where they are a terminal.</summary>
/// <remarks>
/// Disposing of it restores the terminal and ends a read (0 bytes) that another thread is in, and a write that waits for
/// room (an exception).
/// </remarks>
internal sealed class StdioStream : BlockingStream
{
    // What a pipe that has room takes without blocking, so that a dispose is noticed between two pieces.
    private const int MaximumWrite = 4096;

    private readonly StdioChannel channel;
    private readonly WakeEvent ending = new();
    private volatile bool disposed;

    /// <param name="channel">Owned from here on.</param>
    public StdioStream(StdioChannel channel) => this.channel = channel;

    /// <exception cref="System.IO.IOException">The input broke.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!disposed)
        {
            try
            {
                if (HostIo.Wait(channel.Input, Posix.POLLIN, ending, -1) == 0 || disposed)
                {
                    continue;
                }

                int result = HostIo.Read(channel.Input, buffer);
                if (result != -Posix.EAGAIN)
                {
                    return result >= 0 ? result : throw Failure("cannot read standard input", result);
                }
            }
            catch (ObjectDisposedException)
            {
                return 0;
            }
        }

        return 0;
    }

    /// <summary>Writes all, or throws.</summary>
    /// <exception cref="System.IO.IOException">The output broke.</exception>
    /// <exception cref="ObjectDisposedException">The stream was disposed.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (HostIo.Wait(channel.Output, Posix.POLLOUT, ending, -1) == 0)
            {
                continue;
            }

            int result = HostIo.Write(channel.Output, buffer[..Math.Min(buffer.Length, MaximumWrite)]);
            if (result < 0 && result != -Posix.EAGAIN)
            {
                throw Failure("cannot write standard output", result);
            }

            buffer = buffer[Math.Max(result, 0)..];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !disposed)
        {
            disposed = true;
            ending.Signal();
            channel.Dispose();
        }

        base.Dispose(disposing);
    }
}
