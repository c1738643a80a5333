using System;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Block.Files;
using Limber.Block.Native;

namespace Limber.Block.Raw;

/// <summary>A raw image as blocking calls.</summary>
internal sealed unsafe class RawStore : IBlockStore
{
    private const int SectorSize = 512;
    private const uint Qcow2Magic = 0xFB494651; // "QFI\xfb" as the bytes lie in memory
    private readonly IImageFile file;
    private readonly bool discard;
    private readonly bool guard;
    private readonly Lazy<AlignedBuffer> zeros = new(() => new AlignedBuffer(64 * 1024));
    private readonly object resizing = new();
    private ulong capacity;

    public RawStore(IImageFile file, bool discard, bool guard)
    {
        this.file = file;
        this.discard = discard;
        this.guard = guard;
        capacity = Rounded(file.Length);
    }

    public ulong Capacity => Volatile.Read(ref capacity);

    public int Read(ulong offset, SegmentList list, ulong skip, ulong length) => file.Read(offset, list, skip, length);

    public int Write(ulong offset, SegmentList list, ulong skip, ulong length)
    {
        if (!guard || offset >= SectorSize)
        {
            return file.Write(offset, list, skip, length);
        }

        // Guest-controlled: the sector is copied, judged and written from the copy, as its memory may change meanwhile.
        ulong first = Math.Max(SectorSize, (ulong)file.OffsetAlignment);
        using AlignedBuffer copy = new((int)first);
        list.Collect(skip, copy.Pointer, first);
        if (*(uint*)copy.Pointer == Qcow2Magic)
        {
            return Posix.EPERM;
        }

        int error = file.Write(offset, copy.Pointer, (int)first);
        return error != 0 || length == first ? error : file.Write(offset + first, list, skip + first, length - first);
    }

    public int Flush() => file.Sync();

    public int Discard(ulong offset, ulong length)
    {
        if (!discard)
        {
            return 0;
        }

        int error = file.Discard(offset, length);
        return error == Posix.EOPNOTSUPP ? 0 : error;
    }

    public int WriteZeroes(ulong offset, ulong length, bool mayUnmap)
    {
        int error = file.Zero(offset, length, mayUnmap && discard);
        while (error == Posix.EOPNOTSUPP && length > 0)
        {
            int piece = (int)Math.Min(length, (ulong)zeros.Value.Length);
            int failed = file.Write(offset, zeros.Value.Pointer, piece);
            if (failed != 0)
            {
                return failed;
            }

            offset += (ulong)piece;
            length -= (ulong)piece;
            error = length == 0 ? 0 : error;
        }

        return error;
    }

    public void Resize(ulong bytes)
    {
        lock (resizing)
        {
            ResizeLocked(bytes);
        }
    }

    public void Dispose()
    {
        file.Dispose();
        if (zeros.IsValueCreated)
        {
            zeros.Value.Dispose();
        }
    }

    private void ResizeLocked(ulong bytes)
    {
        ulong current = Capacity;
        ulong unit = Math.Max(SectorSize, (ulong)file.OffsetAlignment);
        if (bytes % unit != 0)
        {
            throw new BlockImageException($"Size {bytes} of '{file.Path}' is no multiple of {unit}");
        }

        if (bytes < current)
        {
            throw new BlockImageException($"'{file.Path}' has {current} bytes and can't shrink to {bytes}");
        }

        if (file.IsBlockDevice)
        {
            ulong actual = Rounded(file.Length);
            if (bytes > actual)
            {
                throw new BlockImageException($"Block device '{file.Path}' has {actual} bytes, less than {bytes}");
            }
        }
        else if (file.SetLength(bytes) is var error and not 0)
        {
            throw new BlockImageException(
                $"Could not grow '{file.Path}' to {bytes} bytes: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        Volatile.Write(ref capacity, bytes);
    }

    // The guest sees whole sectors; what the file lacks of the last one reads as zeros.
    private ulong Rounded(ulong length)
    {
        ulong unit = Math.Max(SectorSize, (ulong)file.OffsetAlignment);
        return (length + unit - 1) / unit * unit;
    }
}
