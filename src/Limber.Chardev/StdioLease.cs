using System;
using System.Threading;

namespace Limber.Chardev;

/// <summary>The right to use the process's standard input and output: one character device has it at a time.</summary>
internal sealed class StdioLease : IDisposable
{
    private static int taken;
    private int released;

    private StdioLease() { }

    /// <exception cref="ChardevException">Another character device has it.</exception>
    public static StdioLease Acquire()
    {
        if (Interlocked.Exchange(ref taken, 1) != 0)
        {
            throw new ChardevException("cannot use stdio by multiple character devices");
        }

        return new StdioLease();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref released, 1) == 0)
        {
            Volatile.Write(ref taken, 0);
        }
    }
}
