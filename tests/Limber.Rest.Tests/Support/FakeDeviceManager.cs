using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Rest.Tests.Support;

/// <summary>A root bus whose guest lets go of devices when the test says so.</summary>
internal sealed class FakeDeviceManager : IDeviceManager
{
    private const byte FirstFreeSlot = 6;

    private readonly List<DeviceInfo> devices = [];
    private int counter;

    public List<FakeOperation> Operations { get; } = [];

    public List<string> Calls { get; } = [];

    public VmException? NextRefusal { get; set; }

    public IReadOnlyList<DeviceInfo> GetDevices() => devices;

    public DeviceInfo? FindDevice(string id) => devices.FirstOrDefault(d => d.Id == id);

    public string CreateDeviceId(string prefix) => prefix + (counter++).ToString(CultureInfo.InvariantCulture);

    public DevicePlug PlugDevice(DeviceConfig config)
    {
        ThrowNextRefusal();
        if (FindDevice(config.Id!) is not null)
        {
            throw new VmException(VmErrorCode.DuplicateId, $"Identifier '{config.Id}' is not unique");
        }

        var location = new PciLocation(0, (byte)(config.Slot ?? FirstFreeSlot + devices.Count), 0);
        var info = new DeviceInfo(config.Id, "/machine/peripheral/" + config.Id, location, "pcie.0", config, false, true);
        devices.Add(info);
        return new DevicePlug(info, Begin(OperationKind.DevicePlug, config.Id!));
    }

    public IHotplugOperation UnplugDevice(string id)
    {
        ThrowNextRefusal();
        if (FindDevice(id) is null)
        {
            throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{id}' not found");
        }

        Calls.Add("unplug " + id);
        return Begin(OperationKind.DeviceUnplug, id);
    }

    public void PlugPort(ConsolePortConfig config, string? deviceId) => throw new NotSupportedException();

    public bool TryUnplugPort(string idOrPath) => false;

    public IReadOnlyList<BackendInfo> GetBackends() => [];

    public void AddBackend(BackendConfig config) => throw new NotSupportedException();

    public void RemoveBlockBackend(string name) => throw new NotSupportedException();

    public void RemoveNetBackend(string name) => throw new NotSupportedException();

    public void SetLink(string name, bool up)
    {
        if (!devices.Exists(device => device.Id == name))
        {
            throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{name}' not found");
        }

        Links[name] = up;
    }

    /// <summary>What was asked for.</summary>
    public Dictionary<string, bool> Links { get; } = [];

    public void ResizeDisk(string device, ulong bytes)
    {
        if (FindDevice(device) is null)
        {
            throw new VmException(VmErrorCode.DeviceNotFound, $"Device '{device}' not found");
        }

        Calls.Add(string.Create(CultureInfo.InvariantCulture, $"resize {device} {bytes}"));
    }

    public void SetBalloon(ulong bytes) => Balloon = bytes;

    public ulong? GetBalloon() => Balloon;

    /// <summary>Null for no balloon.</summary>
    public ulong? Balloon { get; set; }

    private FakeOperation Begin(OperationKind kind, string target)
    {
        var operation = new FakeOperation(new OperationSnapshot
        {
            Id = Operations.Count + 1,
            Kind = kind,
            State = OperationState.Notified,
            CpuIndex = -1,
            Target = target,
            RequestedAt = DateTimeOffset.UnixEpoch,
        });
        Operations.Add(operation);
        return operation;
    }

    private void ThrowNextRefusal()
    {
        if (NextRefusal is { } refusal)
        {
            NextRefusal = null;
            throw refusal;
        }
    }
}
