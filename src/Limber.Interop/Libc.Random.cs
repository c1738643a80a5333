using System.Runtime.InteropServices;

namespace Limber.Interop;

/// <content>Randomness.</content>
public static unsafe partial class Libc
{
    public const int O_NONBLOCK = 0x800;

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getrandom(void* buffer, nuint length, uint flags);
}
