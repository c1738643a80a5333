using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Block.Native;

/// <summary>The calls to the host that disks need, in their native spelling. Linux on x86-64.</summary>
/// <remarks>
/// A result of -1 leaves the reason in <see cref="Marshal.GetLastPInvokeError"/>. All of them may block, so none suppresses the
/// transition of the garbage collector.
/// </remarks>
internal static unsafe partial class Posix
{
    private const string Library = "libc";

    public const int EPERM = 1;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EINVAL = 22;
    public const int ENOTTY = 25;
    public const int EFBIG = 27;
    public const int ENOSPC = 28;
    public const int EROFS = 30;
    public const int ENOSYS = 38;
    public const int EOPNOTSUPP = 95;
    public const int O_RDONLY = 0;
    public const int O_RDWR = 2;
    public const int O_DIRECT = 0x4000;
    public const int O_CLOEXEC = 0x80000;
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_SEMAPHORE = 1;
    public const int SEEK_END = 2;
    public const int FALLOC_FL_KEEP_SIZE = 0x1;
    public const int FALLOC_FL_PUNCH_HOLE = 0x2;
    public const int FALLOC_FL_ZERO_RANGE = 0x10;
    public const int F_OFD_GETLK = 36;
    public const int F_OFD_SETLK = 37;
    public const short F_RDLCK = 0;
    public const short F_WRLCK = 1;
    public const short F_UNLCK = 2;
    public const nuint BLKDISCARD = 0x1277;
    public const nuint BLKZEROOUT = 0x127F;
    public const nuint BLKSSZGET = 0x1268;
    public const nuint BLKPBSZGET = 0x127B;
    public const nuint BLKGETSIZE64 = 0x80081272;

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint preadv(FileDescriptor fd, BlockSegment* segments, int count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pwritev(FileDescriptor fd, BlockSegment* segments, int count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fdatasync(FileDescriptor fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fallocate(FileDescriptor fd, int mode, long offset, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ftruncate(FileDescriptor fd, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long lseek(FileDescriptor fd, long offset, int whence);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(FileDescriptor fd, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(FileDescriptor fd, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    // fcntl and ioctl are variadic in C; with one pointer x86-64 passes it the same way.
    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(FileDescriptor fd, int command, FileLockRange* range);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(FileDescriptor fd, nuint request, void* argument);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(FileDescriptor directory, string path, int flags, uint mask, byte* buffer);
}
