using System;
using System.Runtime.InteropServices;
using Limber.Block.Native;
using Limber.Interop;

namespace Limber.Block.Files;

/// <summary>Direct I/O for what it can't take as it is, by way of aligned buffers.</summary>
/// <remarks>Thread: any number at once.</remarks>
internal sealed unsafe class BouncedTransfers(FileDescriptor descriptor, int offsetAlignment) : IDisposable
{
    private readonly BufferPool buffers = new(256 * 1024);
    private readonly ulong alignment = (ulong)offsetAlignment;

    /// <summary>Reads from any offset to memory of any alignment.</summary>
    /// <param name="length">Bytes wanted; returns how many were read, at least one.</param>
    /// <returns>0 or an <c>errno</c>.</returns>
    public int Read(ulong offset, SegmentList list, ulong skip, ref ulong length)
    {
        ulong before = offset % alignment;
        ulong wanted = Math.Min(length, (ulong)buffers.BufferLength - alignment - before);
        ulong span = (before + wanted + alignment - 1) / alignment * alignment;
        AlignedBuffer buffer = buffers.Rent();
        int error = 0;
        ulong done = 0;
        while (done < span && error == 0)
        {
            BlockSegment segment = new(buffer.Pointer + done, (nuint)(span - done));
            nint moved = Posix.preadv(descriptor, &segment, 1, (long)(offset - before + done));
            error = moved < 0 ? Marshal.GetLastPInvokeError() : 0;
            error = error == Posix.EINTR ? 0 : error;
            done += moved < 0 ? 0 : (ulong)moved;
            if (moved == 0 || (moved > 0 && (ulong)moved % alignment != 0))
            {
                buffer.Span[(int)done..(int)span].Clear();
                break;
            }
        }

        if (error == 0)
        {
            list.Scatter(skip, buffer.Pointer + before, wanted);
            length = wanted;
        }

        buffers.Return(buffer);
        return error;
    }

    /// <summary>Writes as many bytes as fit a buffer, to an aligned offset.</summary>
    /// <returns>Like the call itself: bytes written, or -1 with the reason in the thread's last error.</returns>
    public nint Write(ulong offset, SegmentList list, ulong skip, ulong length)
    {
        ulong piece = Math.Min(length, (ulong)buffers.BufferLength);
        AlignedBuffer buffer = buffers.Rent();
        list.Collect(skip, buffer.Pointer, piece);
        BlockSegment segment = new(buffer.Pointer, (nuint)piece);
        nint moved = Posix.pwritev(descriptor, &segment, 1, (long)offset);
        buffers.Return(buffer);
        return moved;
    }

    public void Dispose() => buffers.Dispose();
}
