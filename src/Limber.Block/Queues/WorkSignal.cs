using System;
using System.Runtime.InteropServices;
using Limber.Block.Native;
using Limber.Interop;

namespace Limber.Block.Queues;

/// <summary>Wakes threads that wait, as many as it is told: an eventfd as a semaphore. One system call to wake, one to wait.</summary>
/// <remarks>Thread: any; not disposed while anybody waits.</remarks>
internal sealed unsafe class WorkSignal : IDisposable
{
    private readonly FileDescriptor descriptor;

    /// <exception cref="BlockImageException">The host has no descriptors left.</exception>
    public WorkSignal()
    {
        int fd = Posix.eventfd(0, Posix.EFD_CLOEXEC | Posix.EFD_SEMAPHORE);
        descriptor = fd >= 0
            ? new FileDescriptor(fd)
            : throw Refusal(HostException.FromLastError("Could not create an eventfd"));
    }

    /// <summary>Ends so many waits, of now or later.</summary>
    public void Wake(int count)
    {
        ulong tokens = (ulong)count;
        _ = Posix.write(descriptor, &tokens, sizeof(ulong));
    }

    public void Wait()
    {
        ulong token;
        while (Posix.read(descriptor, &token, sizeof(ulong)) < 0 && Marshal.GetLastPInvokeError() == Posix.EINTR)
        {
        }
    }

    public void Dispose() => descriptor.Dispose();

    private static BlockImageException Refusal(HostException refused) => new(refused.Message, refused);
}
