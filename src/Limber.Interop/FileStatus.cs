using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <summary>What kind of file a file is, and which one (statx(2)): the class library tells neither.</summary>
/// <remarks>
/// Equal values are the same file as long as it exists: a number may be given to another file after that. The layout of
/// <c>struct statx</c> is the kernel's and the same for every C library, which is not so for <c>struct stat</c>.
/// </remarks>
/// <param name="Inode">Number of the file within its file system.</param>
/// <param name="DeviceMajor">Of the file system.</param>
/// <param name="DeviceMinor">Of the file system.</param>
/// <param name="IsSocket">It is a Unix socket.</param>
public readonly unsafe partial record struct FileStatus(ulong Inode, uint DeviceMajor, uint DeviceMinor, bool IsSocket)
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_TYPE = 0x1;
    private const uint STATX_INO = 0x100;
    private const ushort S_IFMT = 0xF000;
    private const ushort S_IFSOCK = 0xC000;

    /// <summary>The file at a path, a symbolic link itself; null when there is none or it can't be looked at.</summary>
    public static FileStatus? Of(string path) => Read(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);

    /// <summary>The open file behind a handle.</summary>
    public static FileStatus? Of(SafeHandle handle)
    {
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return Read((int)handle.DangerousGetHandle(), "", AT_EMPTY_PATH);
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static FileStatus? Read(int directory, string path, int flags)
    {
        // SAFETY: the buffer has the size of struct statx and outlives the call.
        Statx buffer;
        return statx(directory, path, flags, STATX_TYPE | STATX_INO, &buffer) == 0
            ? new FileStatus(buffer.Inode, buffer.DeviceMajor, buffer.DeviceMinor, (buffer.Mode & S_IFMT) == S_IFSOCK)
            : null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, Statx* buffer);

    /// <summary><c>struct statx</c> of <c>linux/stat.h</c>: 256 bytes, of which these matter.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Statx
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }
}
