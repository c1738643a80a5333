using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <content>Programs.</content>
public static unsafe partial class Libc
{
    public const int SIGKILL = 9;
    public const int SIGPIPE = 13;
    public const short POSIX_SPAWN_SETSIGDEF = 0x04;
    public const short POSIX_SPAWN_SETSIGMASK = 0x08;

    private const nint PidfdOpenNumber = 434;

    /// <summary>A descriptor of a process, readable when it has ended; Linux 5.3.</summary>
    public static int pidfd_open(int process) => (int)PidfdOpen(PidfdOpenNumber, process, 0);

    [LibraryImport(Library)]
    public static partial int posix_spawn(int* process, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setsigmask(void* attributes, SignalSet* blocked);

    [LibraryImport(Library)]
    public static partial int posix_spawnattr_setsigdefault(void* attributes, SignalSet* reset);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addopen(void* actions, int fd, string path, int flags, uint mode);

    [LibraryImport(Library)]
    public static partial int posix_spawn_file_actions_adddup2(void* actions, int fd, int target);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int waitpid(int process, int* status, int options);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int kill(int process, int signal);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PidfdOpen(nint number, nint process, nint flags);
}
