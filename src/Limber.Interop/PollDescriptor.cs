using System.Runtime.InteropServices;

namespace Limber.Interop;

#pragma warning disable CA1051 // The C library's structure: fields are the interface.

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollDescriptor
{
    public const short POLLIN = 1;
    public const short POLLOUT = 4;
    public const short POLLERR = 8;
    public const short POLLHUP = 16;

    public int fd;
    public short events;
    public short revents;
}
