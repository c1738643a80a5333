using Limber.Config.Devices;
using Limber.Control;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>What QEMU's clients are told when a device's back end fails.</summary>
internal static class DeviceEvents
{
    public const string IoError = "BLOCK_IO_ERROR";

    /// <summary>For devices that QEMU has no such event of (an extension of this project).</summary>
    public const string Failed = "X_LIMBER_DEVICE_FAILED";

    public static QmpEvent OfFailure(VmEvent.DeviceFailed failure) =>
        failure.Device.Config is DiskDeviceConfig disk
            ? OfDisk(failure, disk)
            : OfOther(failure.Device.Id, failure.Device.Path, (failure.Operation, failure.NoSpace), failure.Reason);

    private static QmpEvent OfDisk(VmEvent.DeviceFailed failure, DiskDeviceConfig disk)
    {
        JsonObject data = new()
        {
            { "qom-path", PeripheralPaths.BackendPath(failure.Device) },
            { "device", disk.Backend ?? string.Empty },
        };
        if (disk.Backend is { } node)
        {
            data.Add("node-name", node);
        }

        data.Add("operation", failure.Operation == "read" ? "read" : "write");
        data.Add("action", "report");
        data.Add("nospace", failure.NoSpace);
        data.Add("reason", failure.Reason);
        return new(IoError, data);
    }

    public static QmpEvent OfLoss(VmEvent.MemoryLost loss) => OfOther(loss.Device.Id, loss.Device.Path, ("memory", false), loss.Reason);

    private static QmpEvent OfOther(string? id, string path, (string Operation, bool NoSpace) what, string reason)
    {
        JsonObject data = [];
        if (id is not null)
        {
            data.Add("device", id);
        }

        data.Add("path", path);
        data.Add("operation", what.Operation);
        data.Add("nospace", what.NoSpace);
        data.Add("reason", reason);
        return new(Failed, data);
    }
}
