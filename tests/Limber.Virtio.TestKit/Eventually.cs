using System;
using System.Diagnostics;
using System.Threading;

namespace Limber.Virtio.TestKit;

/// <summary>Waits for what another thread does.</summary>
public static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Returns when the condition holds; fails when it does not for so long that it never will.</summary>
    public static void Holds(Func<bool> condition, string what)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long started = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"waited in vain: {what}");
            spin.SpinOnce(sleep1Threshold: 100);
        }
    }
}
