using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>How a dialect words the refusals of device_add and device_del.</summary>
public abstract class DeviceDialect
{
    private protected DeviceDialect() { }

    /// <summary>The same for PCI devices.</summary>
    internal abstract Pci.PciWords Pci { get; }

    /// <summary>Refuses members that are missing, of the wrong type or unknown, before anything else is looked at.</summary>
    internal abstract void CheckMembers(JsonObject members);

    internal abstract QmpException UnknownDriver(string driver);

    /// <summary>No device that can be removed has the id or path.</summary>
    internal abstract QmpException UnknownDevice(string idOrPath);

    /// <summary>Processors present at boot can be named by path and removed.</summary>
    internal abstract bool CanRemoveBootProcessors { get; }
}
