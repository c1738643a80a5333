using System;
using Limber.Interop;

namespace Limber.Device;

/// <summary>
/// One message-signalled interrupt of a device: an event on one side, the guest's interrupt controller on the other.
/// <code>
///            Unmask(message)
///   masked ------------------> unmasked        signals while masked are kept (as one) and
///          &lt;------------------                 delivered by the next Unmask
///                Mask()
/// </code>
/// </summary>
/// <remarks>A new vector is masked. Thread: <see cref="Signal"/> any; the others one at a time (the function's lock).</remarks>
public interface IMsiVector : IDisposable
{
    /// <summary>
    /// Signalling it interrupts the guest, without the VMM when the kernel can do it: for vhost, vhost-user and VFIO.
    /// The same event for the life of the vector.
    /// </summary>
    HostEvent Event { get; }

    /// <summary>True when a signal came while the vector was masked and has not been delivered.</summary>
    bool IsPending { get; }

    /// <summary>Interrupts the guest; allocates nothing.</summary>
    void Signal();

    /// <summary>Delivers from here on with this message, also when it was unmasked with another one.</summary>
    /// <returns>False when the host can't route it; the vector is masked then.</returns>
    bool Unmask(MsiMessage message);

    /// <summary>Keeps signals back from here on.</summary>
    void Mask();
}
