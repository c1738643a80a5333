using System.Runtime.InteropServices;

namespace Limber.Block.Native;

/// <summary><c>struct flock</c> of <c>fcntl.h</c>: 32 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32)]
internal struct FileLockRange
{
    [FieldOffset(0)]
    public short Type;

    /// <summary>0, <c>SEEK_SET</c>.</summary>
    [FieldOffset(2)]
    public short Whence;

    [FieldOffset(8)]
    public long Start;

    [FieldOffset(16)]
    public long Length;

    /// <summary>Must be 0 for locks of the open file description.</summary>
    [FieldOffset(24)]
    public int ProcessId;
}
