using System.Runtime.InteropServices;

namespace Limber.Block.Native;

// linux/io_uring.h. Names are the header's.

/// <summary><c>struct io_uring_sqe</c>, 64 bytes; the members that plain file operations use.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct IoUringSubmission
{
    [FieldOffset(0)]
    public byte opcode;

    [FieldOffset(1)]
    public byte flags;

    [FieldOffset(4)]
    public int fd;

    [FieldOffset(8)]
    public ulong off;

    [FieldOffset(16)]
    public ulong addr;

    [FieldOffset(24)]
    public uint len;

    [FieldOffset(28)]
    public uint rw_flags;

    [FieldOffset(32)]
    public ulong user_data;
}

/// <summary><c>struct io_uring_cqe</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct IoUringCompletion
{
    [FieldOffset(0)]
    public ulong user_data;

    [FieldOffset(8)]
    public int res;
}

/// <summary><c>struct io_uring_params</c> with its two <c>io_*ring_offsets</c>.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct IoUringParameters
{
    [FieldOffset(0)]
    public uint sq_entries;

    [FieldOffset(4)]
    public uint cq_entries;

    [FieldOffset(8)]
    public uint flags;

    [FieldOffset(20)]
    public uint features;

    [FieldOffset(40)]
    public uint sq_head;

    [FieldOffset(44)]
    public uint sq_tail;

    [FieldOffset(48)]
    public uint sq_ring_mask;

    [FieldOffset(64)]
    public uint sq_array;

    [FieldOffset(80)]
    public uint cq_head;

    [FieldOffset(84)]
    public uint cq_tail;

    [FieldOffset(88)]
    public uint cq_ring_mask;

    [FieldOffset(100)]
    public uint cq_cqes;
}
