namespace Limber.Devices.Platform.MemoryHotplug;

/// <summary>What the memory hotplug controller tells the machine.</summary>
/// <remarks>Thread: the vCPU thread that rang the doorbell. Implementations queue, bounded, and return.</remarks>
public interface IMemoryHotplugHost
{
    /// <summary>The guest has ejected a DIMM: it no longer uses it, and the slot reads as empty already.</summary>
    void OnEjected(int slot);

    /// <summary>The guest reported the status of an event for a DIMM (<c>_OST</c>, ACPI 6.5 section 6.3.5).</summary>
    void OnStatus(int slot, uint sourceEvent, uint status);
}
