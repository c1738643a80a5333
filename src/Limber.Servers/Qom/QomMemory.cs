using System.Collections.Generic;
using System.Linq;
using Limber.Config.Backends;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;
using Limber.Servers.Devices.Memory;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Qom;

/// <summary>Memory in the tree of objects: modules, the sizes of virtio-mem devices, and backends.</summary>
internal static class QomMemory
{
    private const string Container = "container";

    /// <summary>The type that a virtio-mem device's own properties belong to, whatever bus it is on.</summary>
    private const string VirtioMemType = "virtio-mem";

    private const string MemdevType = "link<memory-backend>";

    public static QomObject Module(MemoryDeviceInfo device)
    {
        QomObject module = new(device.Path, DimmOptions.Driver);
        module.Add("realized", "bool", true);
        module.Add("hotplugged", "bool", device.IsHotplugged);
        module.Add("hotpluggable", "bool", true);
        module.AddOption("memdev", MemdevType, MemdevPaths.Of(device));
        module.AddOption("node", "uint32", device.Node);
        module.AddOption("addr", "uint64", JsonValue.FromUnsigned(device.Address));
        module.AddOption("slot", "int32", device.Slot);
        module.Add("size", "uint64", JsonValue.FromUnsigned(device.Size));
        return module;
    }

    /// <summary>Adds to a PCI device what it is as a memory device.</summary>
    public static void Extend(QomObject peripheral, MemoryDeviceInfo device, IVirtualMachine machine)
    {
        peripheral.AddOption("memdev", MemdevType, MemdevPaths.Of(device));
        peripheral.AddOption("node", "uint32", device.Node);
        peripheral.AddOption("memaddr", "uint64", JsonValue.FromUnsigned(device.Address));
        Add("size", device.Size);
        Add("block-size", device.BlockSize);
        peripheral.Add(new QomProperty("requested-size", "size", () => JsonValue.FromUnsigned(device.RequestedSize))
        {
            Owner = VirtioMemType,
            Write = (value, syntax) => VirtioMemSizes.Request(
                machine, device, MemorySizes.Parse(value, syntax) ?? throw new QmpException("Parameter 'requested-size' expects uint64")),
        });

        void Add(string name, ulong value) =>
            peripheral.Add(new QomProperty(name, "size", () => JsonValue.FromUnsigned(value)) { Owner = VirtioMemType });
    }

    /// <summary>The folder of objects that clients made, and their memory in it.</summary>
    public static QomObject Objects(IVirtualMachine machine)
    {
        QomObject folder = new(MemdevPaths.Folder, Container);
        IEnumerable<MemoryBackendConfig> backends = machine.Memory.GetBackends().Select(static backend => backend.Config);
        foreach (MemoryBackendConfig backend in backends)
        {
            QomObject memory = new($"{MemdevPaths.Folder}/{backend.Name}", MemoryBackendOptions.TypeOf(backend.Kind));
            memory.Add("size", "int", JsonValue.FromUnsigned(backend.Size));
            memory.Add("share", "bool", backend.Share);
            memory.Add("prealloc", "bool", backend.Preallocate);
            memory.Add("id", "string", backend.Name);
            if (backend.Path is { } path)
            {
                memory.Add("mem-path", "string", path);
            }

            folder.AddChild(memory);
        }

        return folder;
    }
}
