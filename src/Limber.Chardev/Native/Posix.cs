using System.Runtime.InteropServices;
using Limber.Chardev.Terminal;
using Limber.Interop;

namespace Limber.Chardev.Native;

/// <summary>The functions of the C library for byte streams, in their native spelling. Linux on x86-64.</summary>
/// <remarks>
/// A result of -1 leaves the reason in <see cref="Marshal.GetLastPInvokeError"/>. A <see cref="FileDescriptor"/> argument is
/// held open for the length of the call, so a thread that disposes of it meanwhile does not close a number in use.
/// </remarks>
internal static unsafe partial class Posix
{
    private const string Library = "libc";

    public const int EINTR = 4;
    public const int ENXIO = 6;
    public const int EAGAIN = 11;
    public const int ENOENT = 2;
    public const int ENOSPC = 28;
    public const int EADDRINUSE = 98;
    public const int ECONNREFUSED = 111;
    public const int EDQUOT = 122;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int F_SETFL = 4;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int EFD_CLOEXEC = O_CLOEXEC;
    public const int EFD_NONBLOCK = O_NONBLOCK;
    public const short POLLIN = 0x1;
    public const short POLLOUT = 0x4;
    public const short POLLERR = 0x8;
    public const short POLLHUP = 0x10;
    public const short POLLNVAL = 0x20;
    public const int AF_INET6 = 10;
    public const int SO_REUSEADDR = 2;
    public const int IPPROTO_TCP = 6;
    public const int TCP_NODELAY = 1;
    public const int IPPROTO_IPV6 = 41;
    public const int IPV6_V6ONLY = 26;

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(FileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(FileDescriptor fd, byte* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    // fcntl is variadic; F_SETFL takes one int, which x86-64 passes the same way.
    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(FileDescriptor fd, int command, int argument);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int fcntl_number(int fd, int command, int argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchmod(FileDescriptor fd, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int unlink(string path);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int bind(FileDescriptor fd, byte* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int listen(FileDescriptor fd, int backlog);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int accept4(FileDescriptor fd, byte* address, uint* length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int getsockname(FileDescriptor fd, byte* address, uint* length);

    /// <summary>Returns an <c>EAI_</c> code, which <see cref="gai_strerror"/> puts into words; 0 is success.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int getaddrinfo(string node, string? service, AddressInfo* hints, AddressInfo** result);

    [LibraryImport(Library)]
    public static partial void freeaddrinfo(AddressInfo* list);

    [LibraryImport(Library)]
    public static partial nint gai_strerror(int code);

    [LibraryImport(Library)]
    public static partial int isatty(int fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int tcgetattr(int fd, Termios* termios);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int tcsetattr(int fd, int actions, Termios* termios);

    /// <summary>The terminal's foreground process group; -1 where it is not this session's.</summary>
    [LibraryImport(Library)]
    public static partial int tcgetpgrp(int fd);

    [LibraryImport(Library)]
    public static partial int getpgrp();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int posix_openpt(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int grantpt(FileDescriptor fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlockpt(FileDescriptor fd);

    /// <summary>Returns the error number itself, not -1.</summary>
    [LibraryImport(Library)]
    public static partial int ptsname_r(FileDescriptor fd, byte* buffer, nuint length);
}
