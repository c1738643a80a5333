using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <content>Waiting for several descriptors.</content>
public static unsafe partial class Libc
{
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_ctl(FileDescriptor epoll, int operation, FileDescriptor fd, EpollEvent* change);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_wait(FileDescriptor epoll, EpollEvent* events, int maximum, int timeoutMilliseconds);
}
