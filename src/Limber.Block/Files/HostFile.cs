using System;
using System.Runtime.InteropServices;
using System.Threading;
using Limber.Block.Native;
using Limber.Interop;

namespace Limber.Block.Files;

/// <summary>A regular file or block device of the host, by blocking calls.</summary>
internal sealed unsafe class HostFile : IImageFile
{
    private const int SegmentsAtOnce = 64;
    private const int SectorSize = 512;
    private readonly BouncedTransfers bounced;
    private readonly bool ignoreSync;
    private int failedSync;
    private ulong promised;

    private HostFile(FileDescriptor descriptor, string path, HostFileGeometry geometry, bool ignoreSync)
    {
        Descriptor = descriptor;
        Path = path;
        Geometry = geometry;
        this.ignoreSync = ignoreSync;
        bounced = new BouncedTransfers(descriptor, geometry.OffsetAlignment);
    }

    public FileDescriptor Descriptor { get; }

    public string Path { get; }

    public HostFileGeometry Geometry { get; }

    public int OffsetAlignment => Geometry.OffsetAlignment;

    public bool IsBlockDevice => Geometry.IsBlockDevice;

    public ulong Length
    {
        get
        {
            long length = Posix.lseek(Descriptor, 0, Posix.SEEK_END);
            return length < 0 ? 0 : (ulong)length;
        }
    }

    /// <summary>
    /// The file is known to reach this far: a read that meets its end a sector or more before that fails, as somebody cut it off.
    /// 0, as at first, where an end may be anywhere. Thread: any.
    /// </summary>
    public ulong Promised
    {
        get => Volatile.Read(ref promised);
        set => Volatile.Write(ref promised, value);
    }

    /// <param name="ignoreSync"><see cref="Sync"/> does nothing.</param>
    /// <exception cref="BlockImageException">The file can't be opened so.</exception>
    public static HostFile Open(string path, bool readOnly, bool direct, bool ignoreSync)
    {
        int flags = (readOnly ? Posix.O_RDONLY : Posix.O_RDWR) | Posix.O_CLOEXEC | (direct ? Posix.O_DIRECT : 0);
        int fd = Libc.open(path, flags, 0);
        if (fd < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            string hint = direct && error == Posix.EINVAL ? " (its file system may not support direct I/O)" : "";
            throw new BlockImageException($"Could not open '{path}': {Marshal.GetPInvokeErrorMessage(error)}{hint}");
        }

        FileDescriptor descriptor = new(fd);
        try
        {
            return new HostFile(descriptor, path, HostFileGeometry.Of(descriptor, path, direct), ignoreSync);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    public int Read(ulong offset, SegmentList list, ulong skip, ulong length)
    {
        BlockSegment* segments = stackalloc BlockSegment[SegmentsAtOnce];
        while (length > 0)
        {
            int count = list.Gather(skip, length, new Span<BlockSegment>(segments, SegmentsAtOnce), out ulong gathered);
            if (!Fits(offset, segments, count))
            {
                ulong moving = length;
                int error = bounced.Read(offset, list, skip, ref moving);
                if (error != 0)
                {
                    return error;
                }

                Advance(moving, ref offset, ref skip, ref length);
                if (Promised != 0 && offset > Length && AtEnd(Length) is var cut and not 0)
                {
                    return cut;
                }

                continue;
            }

            nint moved = Posix.preadv(Descriptor, segments, count, (long)offset);
            if (moved < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == Posix.EINTR)
                {
                    continue;
                }

                return error;
            }

            Advance((ulong)moved, ref offset, ref skip, ref length);

            // The file ends here. Direct I/O shows that by a count that is no multiple of the block: it can't be continued.
            if (moved == 0 || (ulong)moved % (ulong)OffsetAlignment != 0)
            {
                list.Clear(skip, length);
                return length == 0 ? 0 : AtEnd(offset);
            }
        }

        return 0;
    }

    /// <summary>What a read answers that found the end of the file at an offset: an error number, or 0 for zeros.</summary>
    public int AtEnd(ulong offset)
    {
        ulong known = Promised;
        return offset < known && known - offset >= (ulong)Math.Max(SectorSize, OffsetAlignment) ? Posix.EIO : 0;
    }

    public int Write(ulong offset, SegmentList list, ulong skip, ulong length)
    {
        BlockSegment* segments = stackalloc BlockSegment[SegmentsAtOnce];
        while (length > 0)
        {
            int count = list.Gather(skip, length, new Span<BlockSegment>(segments, SegmentsAtOnce), out _);
            nint moved = Fits(offset, segments, count)
                ? Posix.pwritev(Descriptor, segments, count, (long)offset)
                : bounced.Write(offset, list, skip, length);
            if (moved < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == Posix.EINTR)
                {
                    continue;
                }

                return error;
            }

            if (moved == 0)
            {
                return Posix.ENOSPC;
            }

            Advance((ulong)moved, ref offset, ref skip, ref length);
        }

        return 0;
    }

    /// <remarks>
    /// After one failure all later calls fail: the kernel reports a lost write once and then takes the page for clean, so a
    /// success would be a lie.
    /// </remarks>
    public int Sync()
    {
        if (ignoreSync)
        {
            return 0;
        }

        int error = Volatile.Read(ref failedSync);
        while (error == 0 && Posix.fdatasync(Descriptor) != 0)
        {
            error = Marshal.GetLastPInvokeError();
            if (error == Posix.EINTR)
            {
                error = 0;
                continue;
            }

            RememberFailedSync(error);
        }

        return error;
    }

    /// <summary>A flush that was made by other means failed; see <see cref="Sync"/>.</summary>
    public void RememberFailedSync(int error) => Volatile.Write(ref failedSync, error);

    /// <summary>The error of an earlier flush, or 0.</summary>
    public int FailedSync => Volatile.Read(ref failedSync);

    public int Discard(ulong offset, ulong length) => IsBlockDevice
        ? Range(Posix.BLKDISCARD, offset, length)
        : Allocate(Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE, offset, length);

    public int Zero(ulong offset, ulong length, bool mayUnmap)
    {
        if (IsBlockDevice)
        {
            return Range(Posix.BLKZEROOUT, offset, length);
        }

        int error = mayUnmap ? Allocate(Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE, offset, length) : Posix.EOPNOTSUPP;
        return error != Posix.EOPNOTSUPP
            ? error
            : Allocate(Posix.FALLOC_FL_ZERO_RANGE | Posix.FALLOC_FL_KEEP_SIZE, offset, length);
    }

    public int SetLength(ulong bytes) =>
        Posix.ftruncate(Descriptor, (long)Math.Min(bytes, long.MaxValue)) == 0 ? 0 : Marshal.GetLastPInvokeError();

    public void Dispose()
    {
        if (!Descriptor.IsClosed)
        {
            FileLock.Release(this);
        }

        Descriptor.Dispose();
        bounced.Dispose();
    }

    /// <summary>The kernel takes these segments as they are.</summary>
    public bool Fits(ulong offset, BlockSegment* segments, int count)
    {
        if (OffsetAlignment == 1)
        {
            return true;
        }

        if (offset % (ulong)OffsetAlignment != 0)
        {
            return false;
        }

        for (int index = 0; index < count; index++)
        {
            if ((nuint)segments[index].Address % (nuint)Geometry.MemoryAlignment != 0
                || segments[index].Length % (nuint)OffsetAlignment != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static void Advance(ulong moved, ref ulong offset, ref ulong skip, ref ulong length)
    {
        offset += moved;
        skip += moved;
        length -= moved;
    }

    private int Allocate(int mode, ulong offset, ulong length)
    {
        while (Posix.fallocate(Descriptor, mode, (long)offset, (long)length) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Posix.EINTR)
            {
                return Unsupported(error);
            }
        }

        return 0;
    }

    private int Range(nuint request, ulong offset, ulong length)
    {
        ulong* range = stackalloc ulong[2];
        range[0] = offset;
        range[1] = length;
        return Posix.ioctl(Descriptor, request, range) == 0 ? 0 : Unsupported(Marshal.GetLastPInvokeError());
    }

    private static int Unsupported(int error) => error is Posix.ENOSYS or Posix.ENOTTY ? Posix.EOPNOTSUPP : error;
}
