using Limber.Device;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.MemoryHotplug;
using Limber.Devices.Platform.PciHotplug;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>Everything that code on a vCPU thread may tell the machine. Each call queues, bounded, and returns.</summary>
internal interface IGuestSignals : IPowerController, ICpuHotplugHost, IMemoryHotplugHost, IPciHotplugHost, IPcieSlotHost
{
    /// <summary>A vCPU can't go on; the text says why.</summary>
    void ReportFailure(string description);
}
