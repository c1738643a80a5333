using System.Runtime.InteropServices;

namespace Limber.Interop;

#pragma warning disable CA1051 // The C library's structure: fields are the interface.

/// <summary><c>struct msghdr</c>: what <see cref="Libc.sendmsg"/> and <see cref="Libc.recvmsg"/> move.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct MessageHeader
{
    /// <summary>The peer's address; null for a connected socket.</summary>
    public void* Name;

    public uint NameLength;

    /// <summary>Where the bytes are.</summary>
    public IoVector* Vectors;

    public nuint VectorCount;

    /// <summary>Control messages, one <see cref="ControlHeader"/> each; null without any.</summary>
    public void* Control;

    public nuint ControlLength;

    /// <summary>What the kernel says of a message that was received.</summary>
    public int Flags;
}
