using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Devices.Memory;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>device_add and device_del, whatever the device: finds out whose it is. Thread: any.</summary>
internal sealed class DeviceCommands(IVirtualMachine machine, CpuDeviceCommands cpus, PciDeviceCommands pci, DimmCommands dimms)
{
    /// <summary>Ids a client can remove now.</summary>
    public IEnumerable<string> RemovableIds => cpus.RemovableIds.Concat(pci.RemovableIds).Concat(dimms.RemovableIds);

    /// <summary>Drivers that can be plugged while the guest runs.</summary>
    public IEnumerable<string> PluggableDrivers =>
        DeviceCatalog.All.Where(static driver => driver.IsHotPluggable).Select(static driver => driver.Name).Concat(ConsolePorts.Drivers)
            .Append(DimmOptions.Driver).Append(cpus.TypeName).Append(CpuTypeNames.Generic);

    /// <inheritdoc cref="CpuDeviceCommands.Add"/>
    public void Add(JsonObject members, DeviceDialect dialect, ValueSyntax syntax = ValueSyntax.Message)
    {
        string? name = members.TryGet("driver", out JsonValue driver) && driver.Kind == JsonKind.String ? driver.AsString() : null;
        if (name == DimmOptions.Driver)
        {
            dialect.CheckMembers(members);
            dimms.Add(members, syntax);
            return;
        }

        if (name is not null && DeviceCatalog.Find(name) is { } found)
        {
            dialect.CheckMembers(members);
            pci.Add(found, members, dialect.Pci, syntax);
            return;
        }

        if (name is not null && ConsolePorts.IsPort(name))
        {
            dialect.CheckMembers(members);
            pci.AddPort(members, dialect.Pci, syntax);
            return;
        }

        if (name is not null && DeviceCatalog.FindReason(name) is { } reason)
        {
            dialect.CheckMembers(members);
            throw dialect.Pci.NotBuilt(reason);
        }

        if (members.TryGet("id", out JsonValue id) && id.Kind == JsonKind.String && PciDeviceCommands.IsDevice(machine, id.AsString())
            && CpuTypeNames.IsProcessor(name ?? string.Empty))
        {
            throw dialect.Pci.DuplicateId(id.AsString());
        }

        cpus.Add(members, dialect, syntax);
    }

    /// <inheritdoc cref="CpuDeviceCommands.Remove"/>
    public void Remove(string idOrPath, DeviceDialect dialect)
    {
        if (!pci.TryRemove(idOrPath, dialect.Pci) && !dimms.TryRemove(idOrPath))
        {
            cpus.Remove(idOrPath, dialect);
        }
    }
}
