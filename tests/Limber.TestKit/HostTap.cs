using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Limber.TestKit;

/// <summary>A tap interface that a test opens to hand its descriptor on; it exists as long as somebody has it open.</summary>
public sealed unsafe partial class HostTap : IDisposable
{
    // <linux/if_tun.h>, struct ifreq: a name of 16 bytes, then the flags.
    private const nuint SetInterface = 0x400454ca;
    private const short Tap = 0x2;
    private const short NoPacketInfo = 0x1000;
    private const short VirtioHeader = 0x4000;
    private const int RequestSize = 40;
    private const int NameSize = 16;

    private readonly SafeFileHandle handle;

    /// <exception cref="ScenarioException">The host does not let this process have one.</exception>
    public HostTap(string name)
    {
        handle = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Span<byte> request = stackalloc byte[RequestSize];
        request.Clear();
        Encoding.ASCII.GetBytes(name, request[..(NameSize - 1)]);
        BitConverter.TryWriteBytes(request[NameSize..], (short)(Tap | NoPacketInfo | VirtioHeader));
        fixed (byte* start = request)
        {
            if (ioctl(handle, SetInterface, start) < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                handle.Dispose();
                throw new ScenarioException($"no tap interface {name}: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }
    }

    public int Descriptor => (int)handle.DangerousGetHandle();

    public void Dispose() => handle.Dispose();

    // ioctl is variadic in C; on x86-64 a variadic call passes these three the same way as a plain one.
    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeHandle file, nuint request, byte* argument);
}
