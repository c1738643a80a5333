using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Limber.Net.Native;

/// <summary><c>struct ifreq</c>: an interface's name and a union of what is asked or told.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal unsafe struct InterfaceRequest
{
    public const int NameSize = 16;

    [FieldOffset(0)]
    public fixed byte Name[NameSize];

    [FieldOffset(16)]
    public short Flags;

    [FieldOffset(16)]
    public int Mtu;

    /// <summary>Family of the address.</summary>
    [FieldOffset(16)]
    public ushort Family;

    /// <summary>An Ethernet address, or the port of an IPv4 socket address.</summary>
    [FieldOffset(18)]
    public fixed byte Data[14];

    /// <summary>The name, as the kernel wrote it.</summary>
    public readonly string GetName()
    {
        fixed (byte* start = Name)
        {
            var bytes = new ReadOnlySpan<byte>(start, NameSize);
            int end = bytes.IndexOf((byte)0);
            return Encoding.ASCII.GetString(bytes[..(end < 0 ? NameSize : end)]);
        }
    }
}
