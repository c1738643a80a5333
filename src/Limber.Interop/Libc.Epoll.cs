using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <content>Waiting for several descriptors.</content>
public static unsafe partial class Libc
{
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    private const nint EpollPwait2Number = 441;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_ctl(FileDescriptor epoll, int operation, FileDescriptor fd, EpollEvent* change);

    /// <summary>Waits like <see cref="epoll_wait"/>, in nanoseconds; Linux 5.11. By its number, as an older C library has no name for it.</summary>
    public static int epoll_pwait2(FileDescriptor epoll, EpollEvent* events, int maximum, TimeSpec* timeout) =>
        (int)EpollPwait2(EpollPwait2Number, epoll, events, maximum, timeout, 0, 0);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_wait(FileDescriptor epoll, EpollEvent* events, int maximum, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint EpollPwait2(
        nint number, FileDescriptor epoll, EpollEvent* events, nint maximum, TimeSpec* timeout, nint signals, nint signalsSize);
}
