namespace Limber.Devices.Platform.PciHotplug;

/// <summary>What the PCI hotplug controller tells the machine.</summary>
/// <remarks>Thread: the vCPU thread that rang the doorbell. Implementations queue, bounded, and return.</remarks>
public interface IPciHotplugHost
{
    /// <summary>The guest has ejected what is in a slot: it no longer uses it, and the slot reads as empty already.</summary>
    void OnEjected(int slot);

    /// <summary>The guest reported the status of an event for a slot (<c>_OST</c>, ACPI 6.5 section 6.3.5).</summary>
    void OnStatus(int slot, uint sourceEvent, uint status);
}
