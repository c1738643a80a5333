using System.Runtime.InteropServices;

namespace Limber.Interop;

#pragma warning disable CA1051 // The C library's structure: fields are the interface.

/// <summary><c>struct iovec</c>: a piece of memory for <c>readv</c>, <c>writev</c> and <c>io_uring</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IoVector
{
    /// <summary>Address of the first byte in this process.</summary>
    public nint Base;

    /// <summary>Bytes.</summary>
    public nuint Length;

    public IoVector(nint address, nuint length)
    {
        Base = address;
        Length = length;
    }
}
