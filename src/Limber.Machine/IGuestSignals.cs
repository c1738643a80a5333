using Limber.Device;
using Limber.Devices.Platform.CpuHotplug;

namespace Limber.Machine;

/// <summary>Everything that code on a vCPU thread may tell the machine. Each call queues, bounded, and returns.</summary>
internal interface IGuestSignals : IPowerController, ICpuHotplugHost
{
    /// <summary>A vCPU can't go on; the text says why.</summary>
    void ReportFailure(string description);
}
