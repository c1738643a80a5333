using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.VirtioDevices.Native;

/// <summary>Calls of the C library that only devices need, in their native spelling.</summary>
internal static unsafe partial class HostCalls
{
    public const int F_DUPFD_CLOEXEC = 1030;

    private const string Library = "libc";

    // fcntl is variadic in C; on x86-64 a variadic call passes these three the same way as a plain one.
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int fcntl(FileDescriptor fd, int command, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsync(FileDescriptor fd);

    /// <summary>As the other one, of a descriptor that somebody else holds open.</summary>
    public static FileDescriptor Duplicate(int fd)
    {
        int number = fcntl_number(fd, F_DUPFD_CLOEXEC, 0);
        return number >= 0 ? new FileDescriptor(number) : throw HostException.FromLastError($"cannot duplicate descriptor {fd}");
    }

    /// <summary>Another descriptor of the same open file, because one event loop watches a descriptor once.</summary>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public static FileDescriptor Duplicate(FileDescriptor fd)
    {
        int number = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        return number >= 0 ? new FileDescriptor(number) : throw HostException.FromLastError($"cannot duplicate descriptor {fd.Number}");
    }

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int fcntl_number(int fd, int command, nint argument);
}
