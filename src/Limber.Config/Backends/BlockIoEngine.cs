namespace Limber.Config.Backends;

/// <summary>How disk requests reach the host kernel.</summary>
public enum BlockIoEngine
{
    /// <summary>io_uring where the kernel has it, else threads.</summary>
    Auto,

    /// <summary>io_uring.</summary>
    IoUring,

    /// <summary>A pool of threads with blocking system calls.</summary>
    Threads,
}
