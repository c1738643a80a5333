using System;
using System.Threading;
using Limber.Control;

namespace Limber.Machine;

/// <summary>Tells clients when the file behind a DIMM was cut off under the guest.</summary>
/// <param name="control">The machine's control lock.</param>
/// <param name="files">Looks after the files; owned.</param>
/// <param name="publisher">Takes the events.</param>
internal sealed class DimmFiles(Lock control, MemoryFiles files, EventPublisher publisher) : IDisposable
{
    /// <summary>Looks after the file of a DIMM, if it has one, until its memory is disposed.</summary>
    /// <exception cref="Interop.HostException">The host has no descriptors left.</exception>
    public void Watch(DimmState dimm)
    {
        if (dimm.Memory!.Region.Mapping.Backing is { } file)
        {
            dimm.Memory.FileWatch = files.Watch(file, reason => OnLost(dimm, reason));
        }
    }

    /// <summary>Without the control lock.</summary>
    public void Dispose() => files.Dispose();

    // Thread: one of the runtime's pool.
    private void OnLost(DimmState dimm, string reason)
    {
        lock (control)
        {
            // At the end of the machine no DIMM is attached.
            if (dimm.IsAttached)
            {
                publisher.Publish(new VmEvent.MemoryLost(dimm.ToSnapshot(), reason));
            }
        }
    }
}
