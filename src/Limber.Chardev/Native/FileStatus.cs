using System.Runtime.InteropServices;

namespace Limber.Chardev.Native;

/// <summary>
/// The part of the kernel's <c>struct statx</c> that tells files apart. Its layout is the same for every C library, which
/// is not so for <c>struct stat</c>.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const ushort S_IFMT = 0xf000;
    private const ushort S_IFSOCK = 0xc000;

    [FieldOffset(28)]
    public ushort stx_mode;

    [FieldOffset(32)]
    public ulong stx_ino;

    [FieldOffset(136)]
    public uint stx_dev_major;

    [FieldOffset(140)]
    public uint stx_dev_minor;

    public readonly bool IsSocket => (stx_mode & S_IFMT) == S_IFSOCK;

    public readonly bool IsSameFile(in FileStatus other) =>
        stx_ino == other.stx_ino && stx_dev_major == other.stx_dev_major && stx_dev_minor == other.stx_dev_minor;
}
