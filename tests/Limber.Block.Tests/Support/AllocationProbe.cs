using System;

namespace Limber.Block.Tests.Support;

/// <summary>Counts what requests allocate, on the submitting thread and on the workers.</summary>
internal static unsafe class AllocationProbe
{
    /// <summary>Bytes allocated by a thousand requests after a warm-up, in the whole process.</summary>
    /// <remarks>The least of several rounds, as other tests may run beside this one.</remarks>
    public static long Measure(QueueDriver driver)
    {
        long least = long.MaxValue;
        Span<BlockCompletion> one = stackalloc BlockCompletion[1];
        for (int round = 0; round < 8; round++)
        {
            long own = GC.GetAllocatedBytesForCurrentThread();
            long all = GC.GetTotalAllocatedBytes(precise: true);
            for (int index = 0; index < 250; index++)
            {
                ulong offset = (ulong)(index % 16) * 4096;
                driver.Segments[0] = new BlockSegment(driver.Memory, 1536);
                driver.Segments[1] = new BlockSegment(driver.Memory + 8192, 2560);
                Run(driver, BlockRequest.Transfer(BlockRequestKind.Write, offset, driver.Segments, 2, 1), one);
                Run(driver, BlockRequest.Transfer(BlockRequestKind.Read, offset, driver.Segments, 2, 1), one);
                Run(driver, BlockRequest.Discard(offset, 512, 1), one);
                if (index % 16 == 0)
                {
                    Run(driver, BlockRequest.Flush(1), one);
                }
            }

            least = Math.Min(least, Math.Max(
                GC.GetAllocatedBytesForCurrentThread() - own, GC.GetTotalAllocatedBytes(precise: true) - all));
        }

        return least;
    }

    private static void Run(QueueDriver driver, in BlockRequest request, Span<BlockCompletion> one)
    {
        _ = driver.Queue.Submit(request);
        driver.Queue.Kick();
        while (driver.Queue.Drain(one) == 0)
        {
            _ = TestLibc.WaitReadable(driver.Queue, 1000);
        }

        if (one[0].Error != 0)
        {
            throw new InvalidOperationException($"a request failed with errno {one[0].Error}");
        }
    }
}
