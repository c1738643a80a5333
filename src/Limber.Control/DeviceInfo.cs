using Limber.Config.Devices;

namespace Limber.Control;

/// <summary>A PCI device that is plugged in, at one moment.</summary>
/// <param name="Id">The user's id, or null.</param>
/// <param name="Path">Object path: <c>/machine/peripheral/ID</c> or <c>/machine/peripheral-anon/device[N]</c>.</param>
/// <param name="Location">Its place; the bus number behind a root port is the guest's choice.</param>
/// <param name="Bus">Name of its bus.</param>
/// <param name="Config">What it was made from.</param>
/// <param name="RemovalPending">The guest has been asked to let go and has not done so.</param>
/// <param name="HotPlugged">Plugged in after the guest had started.</param>
public sealed record DeviceInfo(
    string? Id, string Path, PciLocation Location, string Bus, DeviceConfig Config, bool RemovalPending, bool HotPlugged);
