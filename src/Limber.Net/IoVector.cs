using System.Runtime.InteropServices;

namespace Limber.Net;

#pragma warning disable CA1051 // The kernel's structure: fields are the interface.

/// <summary><c>struct iovec</c>: a piece of memory of this process.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IoVector
{
    public nint Address;
    public nuint Length;

    public IoVector(nint address, nuint length)
    {
        Address = address;
        Length = length;
    }
}
