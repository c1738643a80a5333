using System;
using System.Globalization;
using Limber.Interop;

namespace Limber.Device.Loop;

/// <summary>Says when somebody writes to a file or changes its size (inotify); what is stored through a mapping is no such write.</summary>
/// <remarks>
/// Without it a guest that touches a page beyond the new end of a file may spin: KVM fetches the page in the background, and takes
/// failing for having it. Thread: as said at each member.
/// </remarks>
public sealed class FileWatch : IDisposable
{
    private const int BufferSize = 4096;

    private readonly FileDescriptor queue;
    private readonly Action changed;
    private LoopSource? source;

    private FileWatch(FileDescriptor queue, Action changed)
    {
        this.queue = queue;
        this.changed = changed;
    }

    /// <summary>Begins to collect changes.</summary>
    /// <param name="file">Which file, under whatever name.</param>
    /// <param name="changed">Is called on the loop.</param>
    /// <returns>Null when the host has no watches left.</returns>
    public static FileWatch? TryCreate(FileDescriptor file, Action changed)
    {
        ArgumentNullException.ThrowIfNull(file);
        int number = Libc.inotify_init1(Libc.IN_NONBLOCK | Libc.IN_CLOEXEC);
        if (number < 0)
        {
            return null;
        }

        var queue = new FileDescriptor(number);
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.Number}");
        if (Libc.inotify_add_watch(queue, path, Libc.IN_MODIFY) < 0)
        {
            queue.Dispose();
            return null;
        }

        return new FileWatch(queue, changed);
    }

    /// <summary>Calls from here on, also for what has been collected. On the loop.</summary>
    public void Start(DeviceLoop loop, ILoopOwner owner)
    {
        ArgumentNullException.ThrowIfNull(loop);
        source = loop.Add(queue, LoopEvents.Readable, _ => OnReadable(), owner);
    }

    /// <summary>On the loop, or when it has ended.</summary>
    public void Dispose()
    {
        source?.Dispose();
        queue.Dispose();
    }

    private unsafe void OnReadable()
    {
        byte* buffer = stackalloc byte[BufferSize];
        while (Libc.read(queue, buffer, BufferSize) > 0)
        {
            // What they say is known: it is the one file, and the one kind of change.
        }

        changed();
    }
}
