using System;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Interop;

namespace Limber.Net.Native;

/// <summary>Requests of <c>linux/if_tun.h</c> and <c>linux/sockios.h</c>, in their spelling, and the calls around them.</summary>
internal static unsafe partial class NetIo
{
    public const uint TUNSETIFF = 0x400454CA;
    public const uint TUNSETOFFLOAD = 0x400454D0;
    public const uint TUNGETIFF = 0x800454D2;
    public const uint TUNSETVNETHDRSZ = 0x400454D8;
    public const uint TUNSETQUEUE = 0x400454D9;
    public const uint TUNGETFEATURES = 0x800454CF;

    public const short IFF_TAP = 0x0002;
    public const short IFF_MULTI_QUEUE = 0x0100;
    public const short IFF_ATTACH_QUEUE = 0x0200;
    public const short IFF_DETACH_QUEUE = 0x0400;
    public const short IFF_NO_PI = 0x1000;
    public const short IFF_VNET_HDR = 0x4000;

    public const uint SIOCGIFFLAGS = 0x8913;
    public const uint SIOCSIFFLAGS = 0x8914;
    public const uint SIOCSIFADDR = 0x8916;
    public const uint SIOCSIFNETMASK = 0x891C;
    public const uint SIOCSIFMTU = 0x8922;
    public const uint SIOCSIFHWADDR = 0x8924;
    public const short IFF_UP = 1;
    public const short IFF_RUNNING = 0x40;
    public const ushort ARPHRD_ETHER = 1;

    public const int O_NONBLOCK = 0x800;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_SETFD = 2;
    public const int FD_CLOEXEC = 1;

    private const string Library = "libc";

    // fcntl is variadic in C; on x86-64 a variadic call passes these three the same way as a plain one.
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    public static partial int fcntl(FileDescriptor fd, int command, nint argument);

    /// <summary>On a number that is nobody's here, and perhaps no descriptor.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(int number, nuint request, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint readv(FileDescriptor fd, IoVector* vectors, int count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint writev(FileDescriptor fd, IoVector* vectors, int count);

    /// <summary>Performs a request on an interface.</summary>
    /// <exception cref="HostException">The kernel refused; the text begins with <paramref name="what"/>.</exception>
    public static void Call(FileDescriptor fd, uint request, ref InterfaceRequest argument, string what)
    {
        fixed (InterfaceRequest* pointer = &argument)
        {
            if (Libc.ioctl(fd, request, (nint)pointer) < 0)
            {
                throw HostException.FromLastError(what);
            }
        }
    }

    /// <summary>A request that names an interface.</summary>
    public static InterfaceRequest Request(string name)
    {
        InterfaceRequest request = default;
        Encoding.ASCII.GetBytes(name, new Span<byte>(request.Name, InterfaceRequest.NameSize - 1));
        return request;
    }
}
