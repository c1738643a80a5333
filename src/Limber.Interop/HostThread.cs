using System;
using System.IO;
using System.Threading;

namespace Limber.Interop;

/// <summary>The calling thread as the host sees it.</summary>
public static unsafe class HostThread
{
    private const int PR_SET_NAME = 15;
    private const int PR_GET_NAME = 16;
    private const int NameSize = 16; // with its zero
    private const int AttributesSize = 64; // pthread_attr_t has 56 bytes on x86-64
    private const long StackReserve = 32 * 1024;
    private const long PageSize = 4096;

    /// <summary>Thread id, as in <c>/proc/PID/task</c>.</summary>
    public static int CurrentId => Libc.gettid();

    /// <summary>
    /// Sets the name that tools show. The runtime names threads itself only in some of its forms, and a thread that is not
    /// named has its creator's name: so every thread of ours begins with this.
    /// </summary>
    /// <param name="name">The first 15 bytes count.</param>
    public static void SetCurrentName(string name) => _ = Libc.prctl_name(PR_SET_NAME, name);

    /// <summary>
    /// Calls something that may start threads which don't name themselves, those of the runtime's pool: they have the name of the one
    /// that happens to start them, and seem to be left of a device that is gone. So this thread has another name for that long.
    /// </summary>
    /// <param name="name">The first 15 bytes count.</param>
    /// <param name="start">Is called once.</param>
    public static void RunAs(string name, Action start)
    {
        ArgumentNullException.ThrowIfNull(start);
        byte* own = stackalloc byte[NameSize];
        bool known = Libc.prctl_bytes(PR_GET_NAME, own) == 0;
        SetCurrentName(name);
        try
        {
            start();
        }
        finally
        {
            if (known)
            {
                _ = Libc.prctl_bytes(PR_SET_NAME, own);
            }
        }
    }

    /// <summary>Starts a thread.</summary>
    /// <exception cref="HostException">The host has no thread to give; the text names it.</exception>
    public static void Start(Thread thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        try
        {
            thread.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // .NET's way to say that pthread_create failed.
            throw new HostException($"cannot start the thread {thread.Name}", ErrorNumber.EAGAIN);
        }
    }

    /// <summary>Sets the name of another thread of this process. No effect where /proc is not mounted.</summary>
    /// <param name="id">Thread id; the thread must not have ended.</param>
    /// <param name="name">The first 15 bytes count.</param>
    public static void SetName(int id, string name)
    {
        try
        {
            File.WriteAllText($"/proc/self/task/{id}/comm", name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only a name.
        }
    }

    /// <summary>
    /// Sets the stack of threads that are started from here on without a size of their own: the runtime's. The default is the
    /// process's limit, usually 8 MiB, which is enough address space for the kernel to give a stack of two pages a huge one.
    /// </summary>
    /// <param name="size">Bytes.</param>
    public static void SetDefaultStackSize(int size)
    {
        byte* attributes = stackalloc byte[AttributesSize];
        if (Libc.pthread_attr_init(attributes) == 0)
        {
            if (Libc.pthread_attr_setstacksize(attributes, (nuint)size) == 0)
            {
                _ = Libc.pthread_setattr_default_np(attributes);
            }

            _ = Libc.pthread_attr_destroy(attributes);
        }
    }

    /// <summary>Gives back the pages of the calling thread's stack that no call is using, and lets it have no huge page again.</summary>
    public static void GiveBackUnusedStack()
    {
        byte* attributes = stackalloc byte[AttributesSize];
        if (Libc.pthread_getattr_np(Libc.pthread_self(), attributes) != 0)
        {
            return;
        }

        nint lowest;
        nuint size;
        bool known = Libc.pthread_attr_getstack(attributes, &lowest, &size) == 0;
        _ = Libc.pthread_attr_destroy(attributes);

        // SAFETY: a stack grows downwards, and only this thread uses it: nothing is alive below the call that is being made,
        // for which the reserve leaves room.
        long unused = (((nint)attributes - StackReserve) & -PageSize) - lowest;
        if (known && unused > 0)
        {
            _ = Libc.madvise(lowest, (nuint)unused, Libc.MADV_NOHUGEPAGE);
            _ = Libc.madvise(lowest, (nuint)unused, Libc.MADV_DONTNEED);
        }
    }
}
