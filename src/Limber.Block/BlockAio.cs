namespace Limber.Block;

/// <summary>How requests reach the host.</summary>
public enum BlockAio
{
    /// <summary>io_uring where the kernel has it and permits it, threads elsewhere.</summary>
    Auto,

    /// <summary>io_uring; opening fails without it. qcow2 images use threads all the same, as their metadata needs them.</summary>
    IoUring,

    /// <summary>A few threads that make blocking calls.</summary>
    Threads,

    /// <summary>Linux AIO: not offered; opening fails with a text that says what to use instead.</summary>
    Native,
}
