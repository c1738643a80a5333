using System.Runtime.InteropServices;

namespace Limber.Interop;

#pragma warning disable CA1051 // The kernel's structure: fields are the interface.

/// <summary><c>struct epoll_event</c>, which is packed on x86-64: 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct EpollEvent
{
    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const uint EPOLLERR = 0x8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;

    public uint events;
    public ulong data;
}
