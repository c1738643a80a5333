using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Devices.Memory;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Qom;

/// <summary>
/// The machine's objects under the paths that QEMU's clients know: <c>/machine</c>, its three containers of devices with
/// processors, PCI devices and memory modules, and <c>/objects</c> with the memory behind them.
/// </summary>
internal static class QomTree
{
    private const string Container = "container";

    /// <summary>Finds an object by absolute path, or by the last parts of one, such as a device's id.</summary>
    /// <exception cref="QmpException">There is none, or several.</exception>
    public static QomObject Resolve(MonitorServices services, string path)
    {
        QomObject root = Build(services);
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0 || path.StartsWith('/'))
        {
            return Walk(root, parts) ?? throw NotFound(path);
        }

        List<QomObject> found = [.. Descendants(root).Select(start => Walk(start, parts)).OfType<QomObject>()];
        return found.Count switch
        {
            0 => throw NotFound(path),
            1 => found[0],
            _ => throw new QmpException($"Path '{path}' is ambiguous"),
        };
    }

    private static QomObject? Walk(QomObject start, IEnumerable<string> parts)
    {
        QomObject? at = start;
        foreach (string part in parts)
        {
            at = at?.Children.FirstOrDefault(child => child.Name == part);
        }

        return at;
    }

    private static IEnumerable<QomObject> Descendants(QomObject from) => from.Children.SelectMany(Descendants).Prepend(from);

    private static QmpException NotFound(string path) => new(QmpErrorClass.DeviceNotFound, $"Device '{path}' not found");

    private static QomObject Build(MonitorServices services)
    {
        VmConfig config = services.Machine.Config;
        QomObject root = new("/", Container);
        QomObject machine = new("/machine", QomTypes.MachineType(config.MachineType));
        machine.Add("memory", "MemorySizeConfiguration", MemorySize(config.Memory));
        machine.Add("smp", "SMPConfiguration", Smp(config.Cpus));
        QomObject[] containers =
        [
            new("/machine/peripheral", Container),
            new("/machine/peripheral-anon", Container),
            new("/machine/unattached", Container),
        ];
        foreach (CpuSlot slot in services.Machine.GetCpuSlots())
        {
            if (slot.Occupant is { } occupant)
            {
                string folder = occupant.Path[..occupant.Path.LastIndexOf('/')];
                containers.FirstOrDefault(container => container.Path == folder)?.AddChild(Processor(services, slot, occupant));
            }
        }

        foreach (DeviceInfo device in services.Machine.Devices.GetDevices())
        {
            string folder = device.Path[..device.Path.LastIndexOf('/')];
            containers.FirstOrDefault(container => container.Path == folder)?.AddChild(Peripheral(device, services.Machine));
        }

        foreach (MemoryDeviceInfo device in services.Machine.Memory.GetMemoryDevices().Where(static device => device.Kind == MemoryDeviceKind.Dimm))
        {
            string folder = device.Path[..device.Path.LastIndexOf('/')];
            containers.FirstOrDefault(container => container.Path == folder)?.AddChild(QomMemory.Module(device));
        }

        foreach (QomObject container in containers)
        {
            machine.AddChild(container);
        }

        root.AddChild(machine);
        root.AddChild(QomMemory.Objects(services.Machine));
        return root;
    }

    // Drawers, books and clusters are levels of other architectures: one of each at most.
    private static JsonObject Smp(CpuConfig cpus) => new()
    {
        { "cores", cpus.Topology.Cores },
        { "threads", cpus.Topology.Threads },
        { "modules", cpus.Topology.Modules },
        { "sockets", cpus.Topology.Sockets },
        { "dies", cpus.Topology.Dies },
        { "cpus", cpus.Boot },
        { "maxcpus", cpus.Max },
        { "drawers", 1 },
        { "books", 1 },
        { "clusters", 1 },
    };

    private static JsonObject MemorySize(MemoryConfig memory)
    {
        JsonObject size = new() { { "size", JsonValue.FromUnsigned(memory.Size) } };
        if (memory.HotplugSize > 0)
        {
            size.Add("max-size", JsonValue.FromUnsigned(memory.MaximumSize));
            size.Add("slots", memory.Slots);
        }

        return size;
    }

    private static QomObject Peripheral(DeviceInfo device, IVirtualMachine machine)
    {
        QomObject peripheral = new(device.Path, device.Config.Driver);
        peripheral.Add("realized", "bool", true);
        peripheral.Add("hotplugged", "bool", device.HotPlugged);
        peripheral.Add("hotpluggable", "bool", device.Config is not RootPortConfig);
        peripheral.AddOption("addr", "int32", (device.Location.Device << 3) | device.Location.Function);
        if (device.Config is VirtioMemDeviceConfig && VirtioMemSizes.Find(machine, device.Path) is { } memory)
        {
            QomMemory.Extend(peripheral, memory, machine);
        }

        return peripheral;
    }

    private static QomObject Processor(MonitorServices services, CpuSlot slot, CpuOccupant occupant)
    {
        QomObject cpu = new(occupant.Path, services.Cpus.TypeName);
        CpuLocation place = slot.Location;
        cpu.Add("realized", "bool", true);
        cpu.AddOption("apic-id", "uint32", slot.ApicId);
        cpu.AddOption("socket-id", "int32", place.SocketId);
        cpu.AddOption("die-id", "int32", place.DieId);
        cpu.AddOption("module-id", "int32", place.ModuleId);
        cpu.AddOption("core-id", "int32", place.CoreId);
        cpu.AddOption("thread-id", "int32", place.ThreadId);
        return cpu;
    }
}
