using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;

namespace Limber.Interop;

/// <summary>The memory of this process that is not the guest's.</summary>
public static class ProcessMemory
{
    /// <summary>
    /// Gives back what was needed only so far: garbage, unused stack of the finalizer's thread, and the pages of the executable
    /// and its libraries, which the kernel maps from its cache when they are needed again. After start-up that is most of what the
    /// process holds beside the guest's memory. Stacks and heaps get no huge pages from here on.
    /// </summary>
    /// <remarks>
    /// Of the images only mappings that can't be written and of which no page was ever changed (not even by the loader's
    /// relocations) are given back, so that what comes back is what was there. All of them are found before the first is given
    /// back: the search itself is code that would bring most of the executable in again, sixteen pages at each fault.
    /// Thread: any, also while others run; those that run managed code are stopped for a millisecond or so.
    /// </remarks>
    public static void GiveBack()
    {
        TrimFinalizerStack();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        // What the first collection emptied is given to the kernel by the second.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ProcessMappings mappings = new();
        try
        {
            using var list = new FileStream("/proc/self/smaps", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            mappings.Read(list);
        }
        catch (IOException)
        {
            // Without the file no page is given back.
            return;
        }

        // A kernel that hands out huge pages unasked makes a stack of three pages one of two megabytes.
        Advise(mappings.FindOwnMemory(), Libc.MADV_NOHUGEPAGE);
        Advise(mappings.FindCleanImages(), Libc.MADV_DONTNEED);
    }

    private static void Advise(IEnumerable<(nint Start, nuint Length)> ranges, int advice)
    {
        foreach ((nint start, nuint length) in ranges)
        {
            _ = Libc.madvise(start, length, advice);
        }
    }

    // The runtime starts that thread before any code of ours runs, with a stack of the default size, for which the kernel may have
    // taken a huge page. Only the thread itself can tell what of its stack is unused.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TrimFinalizerStack() => _ = new FinalizerStack();

    private sealed class FinalizerStack
    {
        ~FinalizerStack() => HostThread.GiveBackUnusedStack();
    }
}
