using System.Runtime.InteropServices;

namespace Limber.Interop;

#pragma warning disable CA1051 // The C library's structure: fields are the interface.

/// <summary><c>struct cmsghdr</c>; its data follow it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ControlHeader
{
    /// <summary>Bytes, with this header.</summary>
    public nuint Length;

    public int Level;

    public int Type;
}
