using System;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Serial;

/// <summary>Output to standard output, a file, a pipe or the master of a pseudo terminal.</summary>
/// <remarks>
/// A descriptor shared with other processes must stay in blocking mode, as the mode is theirs too. Such a one is asked first
/// whether it has room, and gets no more at once than a pipe that has room takes without blocking.
/// </remarks>
internal sealed class DescriptorOutput : IOutputPort
{
    private const int AtomicPipeWrite = 4096;
    private readonly FileDescriptor fd;
    private readonly bool shared;
    private readonly bool hangUpIsFinal;
    private bool broken;

    /// <param name="fd">Stays the caller's.</param>
    /// <param name="shared">It is in blocking mode; else it must be in non-blocking mode.</param>
    /// <param name="hangUpIsFinal">Nobody comes back after a write failed.</param>
    public DescriptorOutput(FileDescriptor fd, bool shared, bool hangUpIsFinal)
    {
        this.fd = fd;
        this.shared = shared;
        this.hangUpIsFinal = hangUpIsFinal;
        broken = fd.IsInvalid;
    }

    public int TryWrite(ReadOnlySpan<byte> data)
    {
        if (broken)
        {
            return -1;
        }

        int result = -Posix.EAGAIN;
        if (shared)
        {
            short ready = HostIo.Wait(fd, Posix.POLLOUT, null, 0);
            if (ready != 0)
            {
                result = HostIo.Write(fd, data[..Math.Min(data.Length, AtomicPipeWrite)]);
            }
        }
        else if (!hangUpIsFinal && (HostIo.Wait(fd, Posix.POLLOUT, null, 0) & Posix.POLLHUP) != 0)
        {
            // The kernel would keep the bytes of a terminal that nobody has open for whoever comes next.
            return -1;
        }
        else
        {
            result = HostIo.Write(fd, data);
        }

        return Judge(result);
    }

    public void WaitForRoom(WakeEvent wake, int milliseconds) => _ = HostIo.Wait(fd, Posix.POLLOUT, wake, milliseconds);

    private int Judge(int result)
    {
        if (result > 0)
        {
            return result;
        }

        if (result is 0 or -Posix.EAGAIN)
        {
            return 0;
        }

        // A reader that went away, a full disk: the guest must not stall for it. A disk may have room again later.
        broken = hangUpIsFinal && result is not (-Posix.ENOSPC or -Posix.EDQUOT);
        return -1;
    }
}
