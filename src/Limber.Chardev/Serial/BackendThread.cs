using System;
using System.Threading;
using Limber.Interop;

namespace Limber.Chardev.Serial;

/// <summary>The reader thread of a backend.</summary>
internal sealed class BackendThread
{
    private const int StackSize = 256 * 1024;
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(1);
    private readonly Thread thread;

    /// <param name="name">Thread name, of which the host shows 15 bytes.</param>
    /// <param name="body">Returns soon after the backend's gate was closed.</param>
    /// <exception cref="HostException">The host has no thread to give.</exception>
    public BackendThread(string name, Action body)
    {
        thread = new Thread(() => Run(name, body), StackSize) { Name = name, IsBackground = true };
        HostThread.Start(thread);
    }

    /// <summary>Waits a limited time for the end; at once from the thread itself.</summary>
    public void Join()
    {
        if (thread != Thread.CurrentThread)
        {
            _ = thread.Join(EndTime);
        }
    }

    private static void Run(string name, Action body)
    {
        HostThread.SetCurrentName(name);
        try
        {
            body();
        }
        catch (ObjectDisposedException)
        {
            // The backend was disposed of while this thread was held up for longer than Join waits.
        }
    }
}
