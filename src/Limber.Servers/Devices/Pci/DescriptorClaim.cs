using System;
using System.Collections.Generic;
using Limber.DeviceOptions;
using Limber.Interop;

namespace Limber.Servers.Devices.Pci;

/// <summary>
/// What a command takes of its monitor's named descriptors: for good if it succeeds, and closed if it does not, as in QEMU.
/// Thread: the command's.
/// </summary>
internal sealed class DescriptorClaim(MonitorDescriptors descriptors) : IDescriptorNames, IDisposable
{
    // <fcntl.h>: F_GETFD, FD_CLOEXEC.
    private const int GetFlags = 1;
    private const int CloseOnExec = 1;

    private readonly List<FileDescriptor> taken = [];

    public int? Take(string name)
    {
        if (descriptors.Take(name) is not { } descriptor)
        {
            return null;
        }

        taken.Add(descriptor);
        return descriptor.Number;
    }

    /// <remarks>What this process opens or takes has the flag, and what had it at the start was closed then.</remarks>
    public bool IsInherited(int descriptor)
    {
        int flags = Libc.fcntl(descriptor, GetFlags, 0);
        return flags < 0 || (flags & CloseOnExec) == 0;
    }

    /// <summary>The machine has them now.</summary>
    public void HandOver()
    {
        taken.ForEach(static descriptor => descriptor.SetHandleAsInvalid());
        taken.Clear();
    }

    public void Dispose() => taken.ForEach(static descriptor => descriptor.Dispose());
}
