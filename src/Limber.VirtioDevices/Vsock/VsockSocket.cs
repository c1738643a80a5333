using System;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;
using Limber.VirtioDevices.Native;

namespace Limber.VirtioDevices.Vsock;

/// <summary>The host's end of a connection: a Unix socket, and what the guest sent that it has not taken.</summary>
/// <remarks>Thread: the device's loop.</remarks>
internal sealed class VsockSocket
{
    private const int Gone = -1;
    private readonly VsockDevice device;
    private readonly FileDescriptor socket;
    private readonly Action<LoopEvents> onReady;
    private readonly VsockBuffer buffer = new(VsockCredit.BufferSize);
    private LoopSource? source;
    private LoopEvents watched;
    private bool isClosed;

    public VsockSocket(VsockDevice device, FileDescriptor socket, Action<LoopEvents> onReady)
    {
        this.device = device;
        this.socket = socket;
        this.onReady = onReady;
    }

    /// <summary>Whether bytes wait for the program to read.</summary>
    public bool IsSending => buffer.Count != 0;

    /// <summary>The program has closed its end; what it wrote before can still be read.</summary>
    public bool IsHungUp { get; private set; }

    /// <summary>Watches for room when bytes wait, and for bytes when wished.</summary>
    public void Watch(bool forBytes)
    {
        if (isClosed || IsHungUp)
        {
            return;
        }

        LoopEvents events = (IsSending ? LoopEvents.Writable : LoopEvents.None) | (forBytes ? LoopEvents.Readable : LoopEvents.None);
        if (source is null)
        {
            source = device.Watch(socket, events, onReady);
        }
        else if (events != watched)
        {
            source.Modify(events);
        }

        watched = events;
    }

    /// <summary>A hang-up was seen. It would be reported for ever, so what is left to read is read without being watched for.</summary>
    public void HangUp()
    {
        source?.Dispose();
        source = null;
        IsHungUp = true;
    }

    /// <summary>Sends a few bytes before any others; false when they don't all go at once.</summary>
    public bool TrySendAtOnce(ReadOnlySpan<byte> data) => !isClosed && SocketCalls.Send(socket, data) == data.Length;

    /// <summary>Sends a part of what the guest gave, and keeps what the socket does not take.</summary>
    /// <param name="chain">The guest's.</param>
    /// <param name="offset">Of the part.</param>
    /// <param name="length">Its bytes, at least 1; there is room for them.</param>
    /// <returns>Bytes the socket took; negative when it takes none any more.</returns>
    public int Send(DescriptorChain chain, int offset, int length)
    {
        int done = 0;
        if (!IsSending)
        {
            Span<IoVector> vectors = device.Vectors;
            done = Send(vectors[..SegmentList.Slice(chain.Readable, offset, length, vectors)]);
            if (done < 0)
            {
                return Gone;
            }
        }

        SegmentReader reader = chain.Reader;
        reader.Skip(offset + done);
        for (int left = length - done; left > 0;)
        {
            ReadOnlySpan<byte> piece = reader.Next(left);
            buffer.Add(piece);
            left -= piece.Length;
        }

        return done;
    }

    /// <summary>Sends what waits.</summary>
    /// <returns>Bytes the socket took; negative when it takes none any more.</returns>
    public int Flush()
    {
        int total = 0;
        while (IsSending)
        {
            Span<IoVector> vectors = device.Vectors;
            int done = Send(vectors[..buffer.GetVectors(vectors)]);
            if (done < 0)
            {
                return Gone;
            }

            if (done == 0)
            {
                break;
            }

            buffer.Remove(done);
            total += done;
        }

        return total;
    }

    /// <summary>Receives straight into a chain of the guest's.</summary>
    /// <returns>Bytes, 0 at the end, or a negative <c>errno</c>.</returns>
    public int Receive(DescriptorChain chain, int offset, long room)
    {
        Span<IoVector> vectors = device.Vectors;
        return SocketCalls.Receive(socket, vectors[..SegmentList.Slice(chain.Writable, offset, room, vectors)]);
    }

    /// <summary>Ends one direction.</summary>
    /// <param name="sending">The program gets no more bytes; otherwise it can send no more.</param>
    public void Shutdown(bool sending)
    {
        if (!isClosed)
        {
            _ = Libc.shutdown(socket, sending ? Libc.SHUT_WR : Libc.SHUT_RD);
        }
    }

    public void Close()
    {
        isClosed = true;
        source?.Dispose();
        source = null;
        socket.Dispose();
        buffer.Clear();
    }

    /// <summary>Bytes taken, 0 when there is no room, negative when the program is gone.</summary>
    private int Send(ReadOnlySpan<IoVector> vectors)
    {
        int done = SocketCalls.Send(socket, vectors);
        return done >= 0 ? done : done is -ErrorNumber.EAGAIN or -ErrorNumber.EINTR ? 0 : Gone;
    }
}
