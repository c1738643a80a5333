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

    /// <summary>Devices that are gone are remembered until so many others have gone: sessions hear of a removal after this does.</summary>
    private const int MaxGone = 256;

    private readonly Lock gate = new();
    private readonly Dictionary<string, (string? Inner, bool IsGone)> devices = new(StringComparer.Ordinal);
    private readonly Queue<string> gone = new();

    internal PeripheralPaths() { }

    /// <summary>Path of the object inside the device with a path, or null.</summary>
    public string? InnerOf(string path)
    {
        lock (gate)
        {
            string? name = devices.TryGetValue(path, out (string? Inner, bool IsGone) device) ? device.Inner : OfProcessor;
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
            devices[device.Path] = (IsVirtio(device.Config) ? OfVirtio : null, false);
            foreach (ConsolePortConfig port in device.Config is ConsoleDeviceConfig console ? console.Ports : [])
            {
                NotePort(port.Id);
            }
        }
    }

    /// <summary>A memory module has nothing inside; a virtio-mem device is noted as the PCI device that it is.</summary>
    internal void Note(MemoryDeviceInfo device)
    {
        if (device.Kind == MemoryDeviceKind.Dimm)
        {
            lock (gate)
            {
                devices[device.Path] = (null, false);
            }
        }
    }

    internal void Record(VmEvent happened)
    {
        switch (happened)
        {
            case VmEvent.DevicePlugged plugged:
                Note(plugged.Device);
                break;
            case VmEvent.MemoryDevicePlugged plugged:
                Note(plugged.Device);
                break;
            case VmEvent.PortPlugged plugged:
                lock (gate)
                {
                    NotePort(plugged.Id);
                }

                break;
            case VmEvent.DeviceDeleted deleted:
                NoteGone(deleted.Path);
                break;
            case VmEvent.OperationChanged { Operation: { Kind: OperationKind.CpuPlug, Target: { } target } }:
                // An id that a device had may be a processor's now.
                lock (gate)
                {
                    devices.Remove(target.StartsWith('/') ? target : Peripheral + target);
                }

                break;
        }
    }

    // Nothing is inside a port.
    private void NotePort(string? id)
    {
        if (id is not null)
        {
            devices[Peripheral + id] = (null, false);
        }
    }

    private void NoteGone(string path)
    {
        lock (gate)
        {
            if (!devices.TryGetValue(path, out (string? Inner, bool IsGone) device))
            {
                return;
            }

            devices[path] = (device.Inner, true);
            gone.Enqueue(path);
            if (gone.Count > MaxGone && gone.Dequeue() is { } oldest && devices.GetValueOrDefault(oldest).IsGone)
            {
                devices.Remove(oldest);
            }
        }
    }
}
