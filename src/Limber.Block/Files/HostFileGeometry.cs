using System;
using System.Runtime.InteropServices;
using Limber.Block.Native;
using Limber.Interop;

namespace Limber.Block.Files;

/// <summary>What an open file or block device asks of its users.</summary>
/// <param name="IsBlockDevice">A host block device; otherwise a regular file.</param>
/// <param name="OffsetAlignment">Bytes, of offsets and lengths; 1 without direct I/O.</param>
/// <param name="MemoryAlignment">Bytes; 1 without direct I/O.</param>
/// <param name="PhysicalBlockSize">Bytes; 512 if the host does not tell.</param>
internal readonly unsafe record struct HostFileGeometry(
    bool IsBlockDevice, int OffsetAlignment, int MemoryAlignment, int PhysicalBlockSize)
{
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_TYPE = 0x1;
    private const uint STATX_DIOALIGN = 0x2000;
    private const int StatxSize = 256;
    private const int MaskOffset = 0;
    private const int ModeOffset = 28;
    private const int DirectMemoryOffset = 152;
    private const int DirectOffsetOffset = 156;
    private const int S_IFMT = 0xF000;
    private const int S_IFREG = 0x8000;
    private const int S_IFBLK = 0x6000;

    /// <exception cref="BlockImageException">It is neither a regular file nor a block device.</exception>
    public static HostFileGeometry Of(FileDescriptor fd, string path, bool direct)
    {
        // SAFETY: the buffer has the size of struct statx.
        byte* status = stackalloc byte[StatxSize];
        if (Posix.statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_DIOALIGN, status) != 0)
        {
            throw new BlockImageException($"Could not look at '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
        }

        int type = *(ushort*)(status + ModeOffset) & S_IFMT;
        if (type is not (S_IFREG or S_IFBLK))
        {
            throw new BlockImageException($"'{path}' is neither a regular file nor a block device");
        }

        int logical = 512;
        int physical = 512;
        if (type == S_IFBLK)
        {
            _ = Posix.ioctl(fd, Posix.BLKSSZGET, &logical);
            _ = Posix.ioctl(fd, Posix.BLKPBSZGET, &physical);
        }

        if (!direct)
        {
            return new HostFileGeometry(type == S_IFBLK, 1, 1, Math.Max(512, physical));
        }

        (int offset, int memory) = (*(uint*)(status + MaskOffset) & STATX_DIOALIGN) != 0
            ? ((int)*(uint*)(status + DirectOffsetOffset), (int)*(uint*)(status + DirectMemoryOffset))
            : type == S_IFBLK ? (logical, logical) : (0, 0);
        if (offset == 0)
        {
            offset = memory = Probe(fd, path);
        }

        return new HostFileGeometry(
            type == S_IFBLK, Math.Max(512, offset), Math.Max(1, memory), Math.Max(Math.Max(512, offset), physical));
    }

    // Kernels before 6.1 and some file systems do not tell: the smallest read that works shows it.
    private static int Probe(FileDescriptor fd, string path)
    {
        using AlignedBuffer buffer = new(2 * AlignedBuffer.Alignment);
        for (int alignment = 512; alignment <= AlignedBuffer.Alignment; alignment *= 2)
        {
            BlockSegment segment = new(buffer.Pointer + (alignment % AlignedBuffer.Alignment), (nuint)alignment);
            if (Posix.preadv(fd, &segment, 1, 0) >= 0)
            {
                return alignment;
            }
        }

        throw new BlockImageException(
            $"Could not find out the alignment that direct I/O on '{path}' needs: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
