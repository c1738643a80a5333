using System.Runtime.InteropServices;

namespace Limber.Block.Tests.Support;

/// <summary>What tests need of the C library.</summary>
internal static unsafe partial class TestLibc
{
    public static bool WaitReadable(int fd, int milliseconds)
    {
        PollDescriptor descriptor = new() { Descriptor = fd, Events = 1 };
        return poll(&descriptor, 1, milliseconds) > 0;
    }

    [LibraryImport("libc")]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
