using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>The functions of the C library that Limber calls, in their native spelling.</summary>
/// <remarks>
/// None of them suppresses the GC transition: several block. A result of -1 leaves the reason in
/// <see cref="Marshal.GetLastPInvokeError"/>.
/// </remarks>
public static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int PROT_NONE = 0;
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int MAP_SHARED = 0x01;
    public const int MAP_PRIVATE = 0x02;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_NORESERVE = 0x4000;
    public const int MADV_DONTNEED = 4;
    public const int MADV_REMOVE = 9;
    public const int MADV_HUGEPAGE = 14;
    public const int MADV_NOHUGEPAGE = 15;
    public const int MADV_POPULATE_WRITE = 23;
    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_HUGETLB = 4;
    public const int MFD_HUGE_SHIFT = 26;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_CLOEXEC = 0x80000;
    public const int SEEK_END = 2;
    public const int R_OK = 4;
    public const int W_OK = 2;
    public const int AT_FDCWD = -100;
    public const int AT_EACCESS = 0x200;
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;

    public static readonly nint MAP_FAILED = -1;

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int munmap(nint address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int memfd_create(string name, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ftruncate(int fd, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long lseek(int fd, long offset, int whence);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, int mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int faccessat(int directory, string path, int mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    // ioctl is variadic in C; on x86-64 a variadic call passes these three the same way as a plain one.
    // The descriptor stays open while the call goes on, and a closed one throws ObjectDisposedException.
    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int ioctl(FileDescriptor fd, nuint request, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(FileDescriptor fd, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(FileDescriptor fd, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library)]
    public static partial int gettid();

    // prctl is variadic; the options used here take one argument.
    [LibraryImport(Library, EntryPoint = "prctl", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int prctl_name(int option, string name);

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    public static partial int prctl_bytes(int option, byte* bytes);

    [LibraryImport(Library)]
    public static partial int getpid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int tgkill(int processId, int threadId, int signal);

    [LibraryImport(Library)]
    public static partial nint pthread_self();

    /// <summary>Fills a <c>pthread_attr_t</c> that <see cref="pthread_attr_destroy"/> must be called for.</summary>
    [LibraryImport(Library)]
    public static partial int pthread_getattr_np(nint thread, void* attributes);

    [LibraryImport(Library)]
    public static partial int pthread_attr_getstack(void* attributes, nint* lowest, nuint* size);

    [LibraryImport(Library)]
    public static partial int pthread_attr_init(void* attributes);

    [LibraryImport(Library)]
    public static partial int pthread_attr_setstacksize(void* attributes, nuint size);

    [LibraryImport(Library)]
    public static partial int pthread_setattr_default_np(void* attributes);

    [LibraryImport(Library)]
    public static partial int pthread_attr_destroy(void* attributes);

    /// <summary>Returns the error number itself, not -1.</summary>
    [LibraryImport(Library)]
    public static partial int pthread_sigmask(int how, SignalSet* set, SignalSet* previous);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sigtimedwait(SignalSet* set, nint info, TimeSpec* timeout);
}
