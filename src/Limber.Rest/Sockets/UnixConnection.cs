using System;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Limber.Interop;
using Microsoft.AspNetCore.Connections;

namespace Limber.Rest.Sockets;

/// <summary>
/// One client's connection, as Kestrel sees it: two pipes, which two loops fill from and empty into the socket, and the descriptors that
/// came beside the bytes, which Kestrel's own transport would lose.
/// </summary>
/// <remarks>The loops wait for the socket without a thread. It is closed when both have ended, so neither meets another's descriptor.</remarks>
internal sealed class UnixConnection : DefaultConnectionContext
{
    private const int MinimumRead = 2048;
    private const long MaximumWaiting = 64 << 10;

    private readonly Socket socket;
    private readonly Pipe received = new(Options);
    private readonly Pipe sending = new(Options);
    private readonly RequestDescriptors descriptors = new();
    private readonly CancellationTokenSource closed = new();
    private Task loops = Task.CompletedTask;

    /// <param name="id">For the server.</param>
    /// <param name="socket">Connected; owned from here on.</param>
    public UnixConnection(string id, Socket socket)
        : base(id)
    {
        this.socket = socket;
        Transport = new Duplex(new CountingPipeReader(received.Reader, descriptors), sending.Writer);
        ConnectionClosed = closed.Token;
        Features.Set(descriptors);
    }

    private static PipeOptions Options => new(
        pauseWriterThreshold: MaximumWaiting, resumeWriterThreshold: MaximumWaiting / 2, useSynchronizationContext: false);

    /// <summary>Begins to move bytes. Call once.</summary>
    public void Start() => loops = Task.WhenAll(ReceiveAsync(), SendAsync());

    /// <summary>Ends both ways at once.</summary>
    public override void Abort(ConnectionAbortedException abortReason)
    {
        Shutdown();
        sending.Reader.CancelPendingRead();
    }

    /// <summary>Sends what was written, and closes.</summary>
    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync().ConfigureAwait(false);
        await Transport.Output.CompleteAsync().ConfigureAwait(false);
        await loops.ConfigureAwait(false);
        socket.Dispose();
        descriptors.Dispose();
        closed.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReceiveAsync()
    {
        Exception? failure = null;
        try
        {
            while (await ReceiveSomeAsync().ConfigureAwait(false))
            {
                FlushResult flushed = await received.Writer.FlushAsync().ConfigureAwait(false);
                if (flushed.IsCompleted || flushed.IsCanceled)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            failure = new ConnectionResetException("the client's connection broke", e);
        }

        await received.Writer.CompleteAsync(failure).ConfigureAwait(false);

        // Off this loop: whoever waits for it may do anything.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.TellClosed(), this, preferLocal: false);
    }

    /// <returns>False at the end of what the client sends.</returns>
    private async ValueTask<bool> ReceiveSomeAsync()
    {
        while (true)
        {
            // Waits for bytes and leaves them there: a socket object can't receive what is beside them.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
            int count = ReceiveNow();
            if (count != -ErrorNumber.EAGAIN)
            {
                return count >= 0 ? count > 0 : throw new SocketException(-count, Marshal.GetPInvokeErrorMessage(-count));
            }
        }
    }

    private int ReceiveNow()
    {
        Span<int> numbers = stackalloc int[RequestDescriptors.Maximum];
        using FileDescriptor borrowed = new((int)socket.Handle, ownsHandle: false);
        int count = DescriptorMessage.Receive(borrowed, received.Writer.GetSpan(MinimumRead), Libc.MSG_DONTWAIT, numbers, out int found);
        if (count > 0)
        {
            // Before the bytes can be seen.
            descriptors.Arrive(count, numbers[..found]);
            received.Writer.Advance(count);
        }

        return count;
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                ReadResult result = await sending.Reader.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    break;
                }

                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                {
                    await SendAllAsync(part).ConfigureAwait(false);
                }

                sending.Reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client has gone; the receiving loop finds out too.
        }

        await sending.Reader.CompleteAsync().ConfigureAwait(false);
        Shutdown();
        received.Writer.CancelPendingFlush();
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            data = data[await socket.SendAsync(data, SocketFlags.None).ConfigureAwait(false)..];
        }
    }

    private void Shutdown()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is over already.
        }
    }

    private void TellClosed()
    {
        try
        {
            closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The server was done with the connection before.
        }
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
