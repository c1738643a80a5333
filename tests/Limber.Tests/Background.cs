using System;
using System.Threading;

namespace Limber.Tests;

/// <summary>Something that a test does beside what it does: on a thread, as a client elsewhere would.</summary>
internal sealed class Background<T>
{
    private readonly Thread thread;
    private T? result;
    private Exception? failure;

    public Background(Func<T> action)
    {
        thread = new Thread(() =>
        {
            try
            {
                result = action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        { IsBackground = true };
        thread.Start();
    }

    /// <summary>What came of it; the test fails if that is nothing for so long.</summary>
    public T Take(double seconds = 60)
    {
        Assert.True(thread.Join(TimeSpan.FromSeconds(seconds)), "it is still not done");
        return failure is null ? result! : throw new InvalidOperationException("it failed: " + failure.Message, failure);
    }
}
