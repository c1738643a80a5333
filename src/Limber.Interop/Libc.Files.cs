using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <content>Files that are mapped, and signals about them.</content>
public static unsafe partial class Libc
{
    public const int PROT_EXEC = 4;
    public const int SIGBUS = 7;
    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int FALLOC_FL_PUNCH_HOLE = 2;
    public const uint MFD_ALLOW_SEALING = 2;
    public const int F_ADD_SEALS = 1033;
    public const int F_SEAL_SEAL = 1;
    public const int F_SEAL_SHRINK = 2;
    public const int F_SEAL_GROW = 4;
    public const int IN_NONBLOCK = 0x800;
    public const int IN_CLOEXEC = 0x80000;
    public const uint IN_MODIFY = 2;
    public const long HUGETLBFS_MAGIC = 0x958458f6;

    /// <summary>Words of <c>struct statfs</c>: the first is the type, the second the block size.</summary>
    public const int StatfsWords = 15;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fallocate(int fd, int mode, long offset, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fstatfs(FileDescriptor fd, long* buffer);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sigaction(int signal, SignalAction* action, SignalAction* previous);

    // fcntl is variadic in C; on x86-64 a variadic call passes these three the same way as a plain one.
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int inotify_add_watch(FileDescriptor fd, string path, uint mask);
}
