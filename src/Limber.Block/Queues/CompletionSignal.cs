using System;
using Limber.Block.Native;
using Limber.Interop;

namespace Limber.Block.Queues;

/// <summary>The eventfd of a queue.</summary>
internal sealed unsafe class CompletionSignal : IDisposable
{
    /// <exception cref="BlockImageException">The host has no descriptors left.</exception>
    public CompletionSignal()
    {
        int fd = Posix.eventfd(0, Posix.EFD_CLOEXEC | Posix.EFD_NONBLOCK);
        Descriptor = fd >= 0
            ? new FileDescriptor(fd)
            : throw Refusal(HostException.FromLastError("Could not create an eventfd"));
    }

    public FileDescriptor Descriptor { get; }

    public void Set()
    {
        ulong one = 1;
        _ = Posix.write(Descriptor, &one, sizeof(ulong));
    }

    public void Clear()
    {
        ulong count;
        _ = Posix.read(Descriptor, &count, sizeof(ulong));
    }

    public void Dispose() => Descriptor.Dispose();

    private static BlockImageException Refusal(HostException refused) => new(refused.Message, refused);
}
