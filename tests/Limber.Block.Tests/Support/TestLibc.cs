using System.Runtime.InteropServices;

namespace Limber.Block.Tests.Support;

/// <summary>What tests need of the C library.</summary>
internal static unsafe partial class TestLibc
{
    /// <summary>Waits until a queue has something to drain.</summary>
    public static bool WaitReadable(IBlockQueue queue, int milliseconds)
    {
        // A negative descriptor is left out.
        PollDescriptor* descriptors = stackalloc PollDescriptor[2];
        descriptors[0] = new() { Descriptor = queue.CompletionEvent, Events = 1 };
        descriptors[1] = new() { Descriptor = queue.CompletionRing, Events = 1 };
        int found;
        do
        {
            found = poll(descriptors, 2, milliseconds);
        }
        while (found < 0 && Marshal.GetLastPInvokeError() == 4);
        return found > 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential, Size = 8)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
    }
}
