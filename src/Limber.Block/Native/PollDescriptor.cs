using System.Runtime.InteropServices;

namespace Limber.Block.Native;

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe partial struct PollDescriptor
{
    public const short POLLIN = 1;

    public int fd;
    public short events;
    public short revents;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);
}
