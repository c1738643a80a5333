using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Servers.Devices.Pci;

/// <summary>
/// Which object is inside a device, by the device's path: clients are told that it goes before the device does. An event
/// names the path of a device that is no more, so what it was is remembered here. Thread: any.
/// </summary>
public sealed class PeripheralPaths
{
    private const string Peripheral = "/machine/peripheral/";
    private const string OfProcessor = "lapic";
    private const string OfVirtio = "virtio-backend";

    private readonly Lock gate = new();
    private readonly Dictionary<string, string?> inner = new(StringComparer.Ordinal);

    internal PeripheralPaths() { }

    /// <summary>Path of the object inside the device with a path, or null.</summary>
    public string? InnerOf(string path)
    {
        lock (gate)
        {
            string? name = inner.GetValueOrDefault(path, OfProcessor);
            return name is null ? null : $"{path}/{name}";
        }
    }

    /// <summary>Path of the object that a client knows a device's back half by: that of the device when it has no other.</summary>
    internal static string BackendPath(DeviceInfo device) => IsVirtio(device.Config) ? $"{device.Path}/{OfVirtio}" : device.Path;

    internal static bool IsVirtio(DeviceConfig config) => config is not (VfioDeviceConfig or RootPortConfig);

    internal void Note(DeviceInfo device)
    {
        lock (gate)
        {
            inner[device.Path] = IsVirtio(device.Config) ? OfVirtio : null;
        }
    }

    internal void Record(VmEvent happened)
    {
        switch (happened)
        {
            case VmEvent.DevicePlugged plugged:
                Note(plugged.Device);
                break;
            case VmEvent.OperationChanged { Operation: { Kind: OperationKind.CpuPlug, Target: { } target } }:
                // An id that a device had may be a processor's now.
                lock (gate)
                {
                    inner.Remove(target.StartsWith('/') ? target : Peripheral + target);
                }

                break;
        }
    }
}
