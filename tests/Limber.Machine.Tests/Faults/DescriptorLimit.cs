using System;
using System.Runtime.InteropServices;

namespace Limber.Machine.Tests.Faults;

/// <summary>
/// A host that has a given number of descriptors left for this process, until it is disposed. Descriptors get the lowest free number, so the
/// process's limit is put behind as many free numbers.
/// </summary>
internal sealed partial class DescriptorLimit : IDisposable
{
    private const int RLIMIT_NOFILE = 7;
    private const int F_GETFD = 1;
    private readonly Limit old;

    /// <param name="left">How many descriptors can be opened.</param>
    public DescriptorLimit(int left)
    {
        int limit = 0;
        for (int free = 0; free < left || IsOpen(limit); limit++)
        {
            free += IsOpen(limit) ? 0 : 1;
        }

        Assert.Equal(0, getrlimit(RLIMIT_NOFILE, out old));
        Limit tight = old with { Soft = (ulong)limit };
        Assert.Equal(0, setrlimit(RLIMIT_NOFILE, in tight));
    }

    public void Dispose() => _ = setrlimit(RLIMIT_NOFILE, in old);

    private static bool IsOpen(int number) => fcntl(number, F_GETFD, 0) >= 0;

    // Variadic in C; x86-64 passes integers the same way.
    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc")]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc")]
    private static partial int setrlimit(int resource, in Limit limit);

    private record struct Limit(ulong Soft, ulong Hard);
}
