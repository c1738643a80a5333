using System.Runtime.InteropServices;

namespace Limber.Block;

/// <summary>A piece of memory that takes part in a transfer; laid out as <c>struct iovec</c>, so that lists go to the kernel as they are.</summary>
/// <param name="address">The first byte in this process.</param>
/// <param name="length">Bytes; 0 is allowed.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly unsafe struct BlockSegment(void* address, nuint length)
{
    /// <summary>The first byte in this process.</summary>
    public readonly void* Address = address;

    /// <summary>Bytes.</summary>
    public readonly nuint Length = length;
}
