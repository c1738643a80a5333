namespace Limber.Device;

/// <summary>Where devices get message-signalled interrupts from; the hypervisor implements it.</summary>
/// <remarks>Thread: any.</remarks>
public interface IMsiController
{
    /// <summary>A new masked vector.</summary>
    /// <exception cref="Interop.HostException">The host is out of descriptors or interrupt routes.</exception>
    IMsiVector Allocate();
}
