namespace Limber.Devices.Platform.CpuHotplug;

/// <summary>What the processor hotplug controller tells the machine.</summary>
/// <remarks>Thread: the vCPU thread that rang the doorbell. Implementations queue, bounded, and return.</remarks>
public interface ICpuHotplugHost
{
    /// <summary>The guest has ejected a processor: it no longer uses it, and the slot reads as empty already.</summary>
    void OnEjected(int index);

    /// <summary>The guest reported the status of an event for a processor (<c>_OST</c>, ACPI 6.5 section 6.3.5).</summary>
    void OnStatus(int index, uint sourceEvent, uint status);
}
