using System;
using System.Runtime.InteropServices;
using Limber.Block.Native;

namespace Limber.Block.Files;

/// <summary>Locks on single bytes of an image file, by which QEMU's programs and Limber keep out of each other's way.</summary>
/// <remarks>
/// For each permission N that a user has it holds a read lock on byte 100 + N, and for each that it does not grant to others one
/// on byte 200 + N. Then it looks whether another has what it does not grant, or does not grant what it has. Locks belong to the
/// open file description and go with it. Both of two that come at the same moment may be refused; never both let in.
/// </remarks>
internal static unsafe class FileLock
{
    private const long HeldBase = 100;
    private const long RefusedBase = 200;

    private static ReadOnlySpan<FilePermissions> Each =>
        [FilePermissions.ConsistentRead, FilePermissions.Write, FilePermissions.Resize];

    /// <exception cref="BlockImageException">Another user is in the way; QEMU's text.</exception>
    public static void Acquire(HostFile file, FilePermissions held, FilePermissions refused)
    {
        foreach (FilePermissions permission in Each)
        {
            if ((held.HasFlag(permission) && !Lock(file, HeldBase + Bit(permission)))
                || (refused.HasFlag(permission) && !Lock(file, RefusedBase + Bit(permission))))
            {
                return;
            }
        }

        foreach (FilePermissions permission in Each)
        {
            if (held.HasFlag(permission) && IsLockedByOther(file, RefusedBase + Bit(permission)))
            {
                throw Conflict(file, $"Failed to get \"{Name(permission)}\" lock");
            }

            if (refused.HasFlag(permission) && IsLockedByOther(file, HeldBase + Bit(permission)))
            {
                throw Conflict(file, $"Failed to get shared \"{Name(permission)}\" lock");
            }
        }
    }

    /// <summary>Gives all locks of a file up.</summary>
    /// <remarks>
    /// Closing is not enough: a child process that was forked and has not yet begun its own program shares the open file, and
    /// would keep the locks for that moment.
    /// </remarks>
    public static void Release(HostFile file)
    {
        FileLockRange range = new() { Type = Posix.F_UNLCK, Start = HeldBase, Length = RefusedBase };
        _ = Posix.fcntl(file.Descriptor, Posix.F_OFD_SETLK, &range);
    }

    private static long Bit(FilePermissions permission) => int.TrailingZeroCount((int)permission);

    private static string Name(FilePermissions permission) => permission switch
    {
        FilePermissions.ConsistentRead => "consistent read",
        FilePermissions.Write => "write",
        _ => "resize",
    };

    private static BlockImageException Conflict(HostFile file, string what) =>
        new($"{what}: is another process using the image [{file.Path}]?");

    // False where the file system has no such locks: QEMU goes without them there, too.
    private static bool Lock(HostFile file, long position)
    {
        FileLockRange range = new() { Type = Posix.F_RDLCK, Start = position, Length = 1 };
        if (Posix.fcntl(file.Descriptor, Posix.F_OFD_SETLK, &range) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is Posix.EINVAL or Posix.ENOSYS or Posix.EOPNOTSUPP
            ? false
            : throw new BlockImageException($"Could not lock '{file.Path}': {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static bool IsLockedByOther(HostFile file, long position)
    {
        FileLockRange range = new() { Type = Posix.F_WRLCK, Start = position, Length = 1 };
        return Posix.fcntl(file.Descriptor, Posix.F_OFD_GETLK, &range) == 0 && range.Type != Posix.F_UNLCK;
    }
}
