using System;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Terminal;

/// <summary>Standard input and output with their terminal mode and the exclusive right to them.</summary>
/// <remarks>
/// The descriptors are duplicates, so that disposing of them leaves the process's own open. They share the file description
/// with other processes, the user's shell among them: their blocking mode is not touched.
/// </remarks>
internal sealed class StdioChannel : IDisposable
{
    private readonly StdioLease? lease;
    private readonly TerminalMode? mode;

    /// <param name="input">Owned from here on.</param>
    /// <param name="output">Owned from here on.</param>
    /// <param name="mode">Restored when this is disposed.</param>
    /// <param name="lease">Given back when this is disposed.</param>
    public StdioChannel(FileDescriptor input, FileDescriptor output, TerminalMode? mode, StdioLease? lease)
    {
        Input = input;
        Output = output;
        this.mode = mode;
        this.lease = lease;
    }

    public FileDescriptor Input { get; }

    public FileDescriptor Output { get; }

    /// <param name="keepSignals">Ctrl-C and its like still signal the process.</param>
    /// <exception cref="ChardevException">Another character device uses them.</exception>
    public static StdioChannel Open(bool keepSignals)
    {
        StdioLease lease = StdioLease.Acquire();
        FileDescriptor input = Duplicate(0);
        FileDescriptor output = Duplicate(1);
        return new StdioChannel(input, output, TerminalMode.TryMakeRaw(0, keepSignals), lease);
    }

    public void Dispose()
    {
        mode?.Restore();
        Input.Dispose();
        Output.Dispose();
        lease?.Dispose();
    }

    /// <summary>
    /// A descriptor of one's own for a standard stream. Of one that is closed it is invalid, and transfers fail: as good as
    /// its end.
    /// </summary>
    public static FileDescriptor Duplicate(int fd) => new(Posix.fcntl_number(fd, Posix.F_DUPFD_CLOEXEC, 3));
}
