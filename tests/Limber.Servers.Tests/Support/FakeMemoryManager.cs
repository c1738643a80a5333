using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Servers.Tests.Support;

/// <summary>Memory modules and virtio-mem devices whose guest does what the test says.</summary>
internal sealed class FakeMemoryManager(ulong baseSize) : IMemoryManager
{
    private const ulong FirstAddress = 4UL << 30;

    private readonly List<MemoryBackendConfig> backends = [];
    private readonly List<MemoryDeviceInfo> devices = [];
    private int anonymous;
    private long operations;

    /// <summary>Set when the test wants events.</summary>
    public FakeVirtualMachine? Machine { get; set; }

    public int Slots { get; init; }

    /// <summary>Zero for the boot memory's size.</summary>
    public ulong MaximumSize { get; init; }

    private ulong Maximum => MaximumSize == 0 ? baseSize : MaximumSize;

    public VmException? NextRefusal { get; set; }

    public List<string> Calls { get; } = [];

    /// <summary>A machine with three slots, room for 3.5 GiB, and a virtio-mem device <c>vmem0</c> of 1 GiB behind <c>rp3</c>.</summary>
    public static FakeVirtualMachine CreateMachine()
    {
        FakeDeviceManager bus = new() { Balloon = 0 };
        foreach (string port in (string[])["rp1", "rp2", "rp3"])
        {
            bus.PlugDevice(new RootPortConfig { Id = port });
        }

        FakeMemoryManager memory = new(512UL << 20) { Slots = 3, MaximumSize = 4UL << 30 };
        memory.AddBackend(new MemoryBackendConfig { Name = "vm0", Size = 1UL << 30 });
        VirtioMemDeviceConfig device = new() { Id = "vmem0", Bus = "rp3", Backend = "vm0" };
        memory.AddVirtioMem(bus.PlugDevice(device).Device, device);
        FakeVirtualMachine machine = new(name: "vm")
        {
            Devices = bus,
            Memory = memory,
        };
        memory.Machine = machine;
        bus.Machine = machine;
        return machine;
    }

    public MemorySummary GetSummary() =>
        new(baseSize, devices.Aggregate(0UL, static (sum, device) => sum + device.Size), Maximum, Slots);

    public IReadOnlyList<MemoryDeviceInfo> GetMemoryDevices() => [.. devices.OrderBy(static device => device.Address)];

    public IHotplugOperation PlugDimm(DimmConfig config, TimeSpan? deadline = null)
    {
        ThrowRefusal();
        if (Slots == 0)
        {
            throw new VmException(VmErrorCode.HotplugNotSupported, "no slots");
        }

        MemoryBackendConfig backend = backends.Find(backend => backend.Name == config.Backend)
            ?? throw new VmException(VmErrorCode.BackendNotFound, "no backend");
        if (devices.Exists(device => device.BackendName == backend.Name))
        {
            throw new VmException(VmErrorCode.BackendInUse, "in use");
        }

        int slot = config.Slot ?? Enumerable.Range(0, Slots + 1).First(slot => !devices.Exists(device => device.Slot == slot));
        if (slot == Slots)
        {
            throw new VmException(VmErrorCode.NoFreeSlot, "full");
        }

        if (GetSummary().TotalSize + backend.Size > Maximum)
        {
            throw new VmException(VmErrorCode.NoMemorySpace, "no space");
        }

        string path = config.Id is { } id ? "/machine/peripheral/" + id : $"/machine/peripheral-anon/device[{anonymous++}]";
        MemoryDeviceInfo device = new()
        {
            Id = config.Id,
            Path = path,
            Kind = MemoryDeviceKind.Dimm,
            Address = config.Address ?? NextAddress(),
            Size = backend.Size,
            MaximumSize = backend.Size,
            Node = config.Node ?? 0,
            Slot = slot,
            BackendName = backend.Name,
            IsHotplugged = Machine is not null,
        };
        devices.Add(device);
        Machine?.Raise(new VmEvent.MemoryDevicePlugged(device));
        return Begin(OperationKind.MemoryPlug, config.Id ?? path);
    }

    public IHotplugOperation UnplugDimm(string id, TimeSpan? deadline = null)
    {
        ThrowRefusal();
        Calls.Add("unplug " + id);
        return Begin(OperationKind.MemoryUnplug, id);
    }

    /// <summary>The guest lets go of a module.</summary>
    public void GuestEject(string id)
    {
        MemoryDeviceInfo device = devices.Single(device => device.Id == id);
        Machine!.Raise(Ost(device, 3, 132));
        devices.Remove(device);
        Machine.Raise(new VmEvent.DeviceDeleted(device.Id, device.Path));
        Machine.Raise(Ost(device with { Id = null }, 3, 0));
    }

    /// <summary>The guest does not let go of a module.</summary>
    public void GuestRefuse(string id, string? reason)
    {
        MemoryDeviceInfo device = devices.Single(device => device.Id == id);
        Machine!.Raise(Ost(device, 3, 130));
        Machine.Raise(new VmEvent.DeviceUnplugGuestError(device.Id, device.Path) { Class = DeviceClass.Dimm, Reason = reason });
    }

    public IHotplugOperation SetRequestedSize(string virtioMemDevice, ulong bytes, TimeSpan? deadline = null)
    {
        ThrowRefusal();
        Calls.Add(string.Create(CultureInfo.InvariantCulture, $"request {virtioMemDevice} {bytes}"));
        int index = devices.FindIndex(device => device.Id == virtioMemDevice || device.Path == virtioMemDevice);
        devices[index] = devices[index] with { RequestedSize = bytes };
        return Begin(OperationKind.MemoryResize, virtioMemDevice);
    }

    /// <summary>The guest uses this much of a virtio-mem device.</summary>
    public void GuestUse(string id, ulong bytes)
    {
        int index = devices.FindIndex(device => device.Id == id);
        devices[index] = devices[index] with { Size = bytes };
        Machine!.Raise(new VmEvent.MemoryDeviceSizeChanged(id, devices[index].Path, bytes));
    }

    public MemoryResize Resize(ulong desiredBytes, TimeSpan? deadline = null) =>
        throw new VmException(VmErrorCode.HotplugNotSupported, "not in this fake");

    public IReadOnlyList<MemoryBackendInfo> GetBackends() =>
        [.. backends.Select(backend => new MemoryBackendInfo(backend, devices.Find(device => device.BackendName == backend.Name)?.Path))];

    public void AddBackend(MemoryBackendConfig config)
    {
        ThrowRefusal();
        if (backends.Exists(backend => backend.Name == config.Name))
        {
            throw new VmException(VmErrorCode.DuplicateId, "exists");
        }

        backends.Add(config);
    }

    public void RemoveBackend(string name)
    {
        if (devices.Exists(device => device.BackendName == name))
        {
            throw new VmException(VmErrorCode.BackendInUse, "in use");
        }

        if (backends.RemoveAll(backend => backend.Name == name) == 0)
        {
            throw new VmException(VmErrorCode.BackendNotFound, "not found");
        }
    }

    private static VmEvent.AcpiDeviceOst Ost(MemoryDeviceInfo device, uint source, uint status) =>
        new(device.Id, device.Slot, source, status) { Class = DeviceClass.Dimm };

    private void AddVirtioMem(DeviceInfo device, VirtioMemDeviceConfig config) => devices.Add(new MemoryDeviceInfo
    {
        Id = device.Id,
        Path = device.Path,
        Kind = MemoryDeviceKind.VirtioMem,
        Address = FirstAddress,
        Size = 0,
        MaximumSize = backends.Find(backend => backend.Name == config.Backend)!.Size,
        Node = 0,
        BackendName = config.Backend,
        BlockSize = VirtioMemDeviceConfig.DefaultBlockSize,
    });

    private ulong NextAddress() => devices.Select(static device => device.Address + device.MaximumSize).DefaultIfEmpty(FirstAddress).Max();

    private void ThrowRefusal()
    {
        if (NextRefusal is { } refusal)
        {
            NextRefusal = null;
            throw refusal;
        }
    }

    private FakeOperation Begin(OperationKind kind, string target) => new(Machine ?? new FakeVirtualMachine(), new OperationSnapshot
    {
        Id = ++operations,
        Kind = kind,
        State = OperationState.Notified,
        CpuIndex = -1,
        Target = target,
        RequestedAt = DateTimeOffset.UnixEpoch,
    });
}
