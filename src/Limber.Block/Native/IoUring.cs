using System.Runtime.InteropServices;

namespace Limber.Block.Native;

/// <summary>The three calls of io_uring, which the C library does not wrap, and the numbers they take.</summary>
internal static unsafe partial class IoUring
{
    public const byte IORING_OP_READV = 1;
    public const byte IORING_OP_WRITEV = 2;
    public const byte IORING_OP_FSYNC = 3;
    public const byte IORING_OP_FALLOCATE = 17;
    public const byte IORING_OP_READ = 22;
    public const byte IORING_OP_WRITE = 23;
    public const uint IORING_FSYNC_DATASYNC = 1;
    public const uint IORING_FEAT_SINGLE_MMAP = 1;
    public const uint IORING_FEAT_NODROP = 2;
    public const uint IORING_REGISTER_PROBE = 8;
    public const uint IORING_SETUP_COOP_TASKRUN = 1 << 8;
    public const uint IORING_ENTER_GETEVENTS = 1;
    public const long IORING_OFF_SQ_RING = 0;
    public const long IORING_OFF_SQES = 0x10000000;
    public const uint RWF_DSYNC = 2;
    private const nint SetupNumber = 425;
    private const nint EnterNumber = 426;
    private const nint RegisterNumber = 427;

    public static int Setup(uint entries, IoUringParameters* parameters) =>
        (int)syscall(SetupNumber, (nint)entries, (nint)parameters, 0, 0, 0, 0);

    public static int Enter(int ring, uint submit, uint complete, uint flags) =>
        (int)syscall(EnterNumber, ring, (nint)submit, (nint)complete, (nint)flags, 0, 0);

    public static int Register(int ring, uint operation, void* argument, uint count) =>
        (int)syscall(RegisterNumber, ring, (nint)operation, (nint)argument, (nint)count, 0, 0);

    // Variadic in C; x86-64 passes integers the same way.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
