using System.Runtime.InteropServices;

namespace Limber.Chardev.Tests.Support;

internal static unsafe partial class TestLibc
{
    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);
}
