using System.Runtime.InteropServices;

namespace Limber.Chardev.Native;

/// <summary>glibc's <c>struct addrinfo</c> on x86-64, in its spelling.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct AddressInfo
{
    public int ai_flags;
    public int ai_family;
    public int ai_socktype;
    public int ai_protocol;
    public uint ai_addrlen;
    public byte* ai_addr;
    public byte* ai_canonname;
    public AddressInfo* ai_next;
}
