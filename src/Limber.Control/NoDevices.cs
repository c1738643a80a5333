using System.Collections.Generic;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.Control;

/// <summary>The device manager of a machine without a PCI bus: it has nothing and refuses everything.</summary>
public sealed class NoDevices : IDeviceManager
{
    /// <inheritdoc/>
    public IReadOnlyList<DeviceInfo> GetDevices() => [];

    /// <inheritdoc/>
    public DeviceInfo? FindDevice(string id) => null;

    /// <inheritdoc/>
    public string CreateDeviceId(string prefix) => prefix + "0";

    /// <inheritdoc/>
    public DevicePlug PlugDevice(DeviceConfig config) => throw NoBus();

    /// <inheritdoc/>
    public IHotplugOperation UnplugDevice(string id) => throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{id}' not found");

    /// <inheritdoc/>
    public void PlugPort(ConsolePortConfig config, string? deviceId) => throw NoBus();

    /// <inheritdoc/>
    public bool TryUnplugPort(string idOrPath) => false;

    /// <inheritdoc/>
    public IReadOnlyList<BackendInfo> GetBackends() => [];

    /// <inheritdoc/>
    public void AddBackend(BackendConfig config) => throw NoBus();

    /// <inheritdoc/>
    public void RemoveBlockBackend(string name) => throw NoBackend(name);

    /// <inheritdoc/>
    public void RemoveNetBackend(string name) => throw NoBackend(name);

    /// <inheritdoc/>
    public void SetLink(string name, bool up) => throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{name}' not found");

    /// <inheritdoc/>
    public void ResizeDisk(string device, ulong bytes) => throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{device}' not found");

    /// <inheritdoc/>
    public void SetBalloon(ulong bytes) => throw new VmException(VmErrorCode.DeviceNotFound, "No balloon device has been activated");

    /// <inheritdoc/>
    public ulong? GetBalloon() => null;

    private static VmException NoBus() => new(VmErrorCode.HotplugNotSupported, "the machine has no PCI bus");

    private static VmException NoBackend(string name) => new(VmErrorCode.BackendNotFound, $"no backend has the name '{name}'");
}
