using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

namespace Limber.Chardev.Tests.Support;

/// <summary>Waits for what other threads are to bring about.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public static void True(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline, $"not within {Deadline.TotalSeconds} s: {what}");
            Thread.Sleep(1);
        }
    }

    /// <summary>Threads of this process whose name, as the host shows it, begins so.</summary>
    public static int ThreadsNamed(string prefix) =>
        Directory.GetDirectories("/proc/self/task").Count(task => NameOf(task).StartsWith(prefix, StringComparison.Ordinal));

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
