using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Vfio.Native;

/// <summary>Calls of the C library that only regions of VFIO devices need.</summary>
internal static unsafe partial class VfioLibc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(FileDescriptor fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pwrite(FileDescriptor fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(nint address, nuint length, int protection, int flags, FileDescriptor fd, long offset);
}
