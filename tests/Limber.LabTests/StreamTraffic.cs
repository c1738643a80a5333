using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>The host's end of a connection that carries data without an end, on a thread of its own, until the other end is gone.</summary>
internal sealed class StreamTraffic
{
    private const int PieceLength = 65536;
    // Less than what a stream waits for one transfer, whose end is an error, too.
    private const double Patience = 20;

    private readonly NetworkStream stream;
    private readonly Thread thread;
    private long total;

    private StreamTraffic(NetworkStream stream, Func<byte[], int> transfer)
    {
        this.stream = stream;
        thread = new Thread(() => Run(transfer)) { IsBackground = true, Name = "traffic" };
        thread.Start();
    }

    /// <summary>Takes what comes.</summary>
    public static StreamTraffic Receive(NetworkStream stream) => new(stream, buffer => stream.Read(buffer));

    /// <summary>Sends zeros.</summary>
    public static StreamTraffic Send(NetworkStream stream) => new(stream, buffer =>
    {
        stream.Write(buffer);
        return buffer.Length;
    });

    /// <summary>Sends pieces, and waits for each to come back.</summary>
    /// <param name="stream">The other end sends back what it gets.</param>
    /// <param name="length">Of a piece, at most 64 KiB.</param>
    public static StreamTraffic Echo(NetworkStream stream, int length) => new(stream, buffer =>
    {
        stream.Write(buffer, 0, length);
        stream.ReadExactly(buffer, 0, length);
        return length;
    });

    /// <summary>Waits until this many bytes more have passed.</summary>
    public void WaitForMore(long bytes)
    {
        long awaited = Volatile.Read(ref total) + bytes;
        Deadline deadline = Deadline.In(Patience);
        while (Volatile.Read(ref total) < awaited)
        {
            Check.True(!deadline.HasPassed && thread.IsAlive, $"{total} bytes of {awaited} have passed");
            Thread.Sleep(10);
        }
    }

    /// <summary>Waits until the connection has ended.</summary>
    public void WaitForEnd() =>
        Check.True(thread.Join(TimeSpan.FromSeconds(Patience * Deadline.Patience)), $"the connection has not ended within {Patience} s");

    private void Run(Func<byte[], int> transfer)
    {
        byte[] buffer = new byte[PieceLength];
        try
        {
            while (transfer(buffer) is int count and > 0)
            {
                Volatile.Write(ref total, total + count);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // A reset is an end as well, and so is this one's.
        }
        finally
        {
            stream.Dispose();
        }
    }
}
