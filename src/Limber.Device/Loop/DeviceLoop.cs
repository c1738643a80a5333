using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Limber.Interop;

namespace Limber.Device.Loop;

/// <summary>
/// One thread that does everything a device does outside the guest's accesses: it waits for descriptors, events and timers and
/// runs what other threads post.
/// <code>
///   turn:  wait for descriptors  ->  ready ones  ->  due timers  ->  posted actions  ->  scheduled tasks  ->  next turn
/// </code>
/// </summary>
/// <remarks>
/// A loop may serve several devices, or several loops one device, a queue each: the creator decides. Whatever belongs to one
/// queue runs on one loop, so queues need no locks.
/// A callback that throws ends up at its <see cref="ILoopOwner"/>; the thread goes on. Callbacks must not block for long: they
/// hold up everybody on the loop.
/// Thread: <see cref="Post"/>, <see cref="Stop"/> and <see cref="IsCurrent"/> any; <see cref="Start"/>, <see cref="Join"/> and
/// <see cref="Dispose"/> the creator's, never a vCPU's; everything else the loop's own, or the creator's before <see cref="Start"/>.
/// A wake-up allocates nothing. Lock order: <see cref="postLock"/> is a leaf; nobody is called while it is held.
/// </remarks>
public sealed unsafe partial class DeviceLoop : IDisposable
{
    private const int StackSize = 256 * 1024;
    private readonly FileDescriptor epoll;
    private readonly HostEvent wake;
    private readonly Thread thread;
    private readonly Dictionary<ulong, LoopSource> sources = [];
    private LoopSource[] interruptible = [];
    private readonly Lock postLock = new();
    private readonly LoopTimers timers = new();
    private List<(Action Action, ILoopOwner? Owner)> posted = [];
    private List<(Action Action, ILoopOwner? Owner)> running = [];
    private List<LoopTask> tasks = [];
    private List<LoopTask> runningTasks = [];
    private ulong lastKey;
    private bool waitsFinely = true;
    private bool stopping;
    private bool started;
    private bool ended;

    /// <param name="name">Thread name, of which the host shows 15 bytes.</param>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public DeviceLoop(string name)
    {
        Name = name;
        thread = new Thread(Run, StackSize) { Name = name, IsBackground = true };
        int fd = Libc.epoll_create1(Libc.EPOLL_CLOEXEC);
        epoll = fd >= 0 ? new FileDescriptor(fd) : throw HostException.FromLastError($"cannot create the event loop {name}");
        try
        {
            wake = new HostEvent();
            Control(Libc.EPOLL_CTL_ADD, wake.Descriptor, LoopEvents.Readable | LoopEvents.EdgeTriggered, 0);
        }
        catch
        {
            wake?.Dispose();
            epoll.Dispose();
            throw;
        }
    }

    /// <summary>Name of the thread.</summary>
    public string Name { get; }

    /// <summary>True on the loop's own thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == thread;

    /// <summary>Starts the thread. Called once.</summary>
    /// <exception cref="HostException">The host has no thread to give.</exception>
    public void Start()
    {
        HostThread.Start(thread);
        started = true;
    }

    /// <summary>Runs an action on the loop, after those posted before it.</summary>
    /// <param name="action">What to do.</param>
    /// <param name="owner">Hears of its exception; without an owner the exception is dropped.</param>
    /// <returns>False when the loop is stopping; the action does not run then.</returns>
    public bool Post(Action action, ILoopOwner? owner)
    {
        ArgumentNullException.ThrowIfNull(action);
        bool first;
        lock (postLock)
        {
            if (stopping)
            {
                return false;
            }

            first = posted.Count == 0;
            posted.Add((action, owner));
        }

        if (first)
        {
            wake.Signal();
        }

        return true;
    }

    /// <summary>Watches a descriptor, level-triggered unless <paramref name="events"/> says otherwise.</summary>
    /// <param name="descriptor">Must stay open until the source is disposed.</param>
    /// <param name="events">What to watch for.</param>
    /// <param name="ready">Gets what was found.</param>
    /// <param name="owner">Hears of exceptions.</param>
    /// <exception cref="HostException">The descriptor can't be watched (a regular file), or is watched already.</exception>
    public LoopSource Add(FileDescriptor descriptor, LoopEvents events, Action<LoopEvents> ready, ILoopOwner owner)
    {
        var source = new LoopSource(this, descriptor, ready, owner) { Key = ++lastKey };
        Control(Libc.EPOLL_CTL_ADD, descriptor, events, source.Key);
        sources.Add(source.Key, source);
        return source;
    }

    /// <summary>Watches an event, and clears it before each call.</summary>
    public LoopSource Add(HostEvent signal, Action signalled, ILoopOwner owner)
    {
        ArgumentNullException.ThrowIfNull(signal);
        return Add(signal.Descriptor, LoopEvents.Readable, _ => ClearAndCall(signal, signalled), owner);
    }

    /// <summary>
    /// Watches an event that nobody clears: it only counts up, and each signal is reported, several at a time perhaps as one.
    /// Saves the call to clear it.
    /// </summary>
    public LoopSource AddUncleared(HostEvent signal, Action signalled, ILoopOwner owner)
    {
        ArgumentNullException.ThrowIfNull(signal);
        return Add(signal.Descriptor, LoopEvents.Readable | LoopEvents.EdgeTriggered, _ => signalled(), owner);
    }

    /// <summary>A timer that is not running.</summary>
    public LoopTimer CreateTimer(Action elapsed, ILoopOwner owner) => new(this, elapsed, owner);

    /// <summary>A task that is not scheduled.</summary>
    public LoopTask CreateTask(Action run, ILoopOwner owner) => new(this, run, owner);

    /// <summary>Asks the thread to end when it has run what is posted. Idempotent.</summary>
    public void Stop()
    {
        lock (postLock)
        {
            stopping = true;
        }

        wake.Signal();
    }

    /// <summary>Waits for the end after <see cref="Stop"/>; at once on the loop's own thread and when it was never started.</summary>
    public void Join()
    {
        if (started && !IsCurrent)
        {
            thread.Join();
        }
    }

    /// <summary>Stops, waits and closes what the loop holds. Watched descriptors remain their owners'.</summary>
    public void Dispose()
    {
        Stop();
        Join();
        if (!started || ended)
        {
            epoll.Dispose();
            wake.Dispose();
        }
    }

    internal void Modify(LoopSource source, LoopEvents events)
    {
        if (sources.ContainsKey(source.Key))
        {
            Control(Libc.EPOLL_CTL_MOD, source.Descriptor, events, source.Key);
        }
    }

    internal void Remove(LoopSource source)
    {
        interruptible = Array.FindAll(interruptible, s => s != source);
        if (!sources.Remove(source.Key) || epoll.IsClosed || source.Descriptor.IsClosed)
        {
            return;
        }

        EpollEvent ignored = default;
        _ = Libc.epoll_ctl(epoll, Libc.EPOLL_CTL_DEL, source.Descriptor, &ignored);
    }

    internal void CallOnInterrupt(LoopSource source) => interruptible = [.. interruptible, source];

    internal void Queue(LoopTask task) => tasks.Add(task);

    internal void StartTimer(LoopTimer timer) => timers.Start(timer);

    internal void StopTimer(LoopTimer timer) => timers.Stop(timer);

    private static void ClearAndCall(HostEvent signal, Action signalled)
    {
        _ = signal.Clear();
        signalled();
    }

    private void Control(int operation, FileDescriptor descriptor, LoopEvents events, ulong key)
    {
        EpollEvent change = new() { events = unchecked((uint)events), data = key };
        if (Libc.epoll_ctl(epoll, operation, descriptor, &change) != 0)
        {
            throw HostException.FromLastError($"cannot watch descriptor {descriptor.Number} in the event loop {Name}");
        }
    }
}
