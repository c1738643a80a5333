namespace Limber.Interop;

/// <summary>The calling thread as the host sees it.</summary>
public static class HostThread
{
    private const int PR_SET_NAME = 15;

    /// <summary>Thread id, as in <c>/proc/PID/task</c>.</summary>
    public static int CurrentId => Libc.gettid();

    /// <summary>
    /// Sets the name that tools show. The runtime names threads itself only in some of its forms, and a thread that is not
    /// named has its creator's name: so every thread of ours begins with this.
    /// </summary>
    /// <param name="name">The first 15 bytes count.</param>
    public static void SetCurrentName(string name) => _ = Libc.prctl_name(PR_SET_NAME, name);
}
