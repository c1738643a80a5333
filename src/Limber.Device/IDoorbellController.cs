using System;
using Limber.Interop;

namespace Limber.Device;

/// <summary>Turns guest writes into events that never reach the VMM (KVM's ioeventfd); the hypervisor implements it.</summary>
/// <remarks>Thread: any, also vCPU threads (a guest moves a BAR).</remarks>
public interface IDoorbellController
{
    /// <summary>
    /// From here on a guest write of any width to the memory address signals <paramref name="target"/> and does not reach the bus.
    /// Dispose the result to undo it: no write signals any more when that has returned.
    /// </summary>
    /// <param name="address">Guest physical address on the memory bus.</param>
    /// <param name="target">What is signalled; must outlive the binding.</param>
    /// <returns>Null when the host has no room for more; writes then reach the bus as before.</returns>
    IDisposable? Bind(ulong address, HostEvent target);
}
