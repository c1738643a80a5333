using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>The words of QEMU 10.0.</summary>
internal sealed class QemuDeviceDialect : DeviceDialect
{
    public static QemuDeviceDialect Instance { get; } = new();

    internal override PciWords Pci { get; } = new QemuPciWords();

    internal override bool CanRemoveBootProcessors => true;

    internal override void CheckMembers(JsonObject members)
    {
        // The properties depend on the driver and are checked with it.
    }

    internal override QmpException UnknownDriver(string driver) => new($"'{driver}' is not a valid device model name");

    internal override QmpException UnknownDevice(string idOrPath) =>
        idOrPath is "" or "/" or "/machine" or "/machine/peripheral" or "/machine/peripheral-anon" or "/machine/unattached"
            ? new QmpException($"{idOrPath} is not a device")
            : new QmpException(QmpErrorClass.DeviceNotFound, $"Device '{idOrPath}' not found");
}
