using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Memory;

/// <summary>
/// device_add and device_del for memory modules: the one implementation behind QMP and HMP, in QEMU's words whatever the dialect, since no
/// other has modules. The order of checks is id, properties, slot, backend, address; the machine has the last word. Thread: any.
/// </summary>
internal sealed class DimmCommands(IVirtualMachine machine, NamedThings things)
{
    /// <summary>Ids a client can remove now.</summary>
    public IEnumerable<string> RemovableIds => Dimms.Where(static dimm => dimm.Id is not null).Select(static dimm => dimm.Id!);

    private IEnumerable<MemoryDeviceInfo> Dimms =>
        machine.Memory.GetMemoryDevices().Where(static device => device.Kind == MemoryDeviceKind.Dimm);

    /// <summary>Plugs a module.</summary>
    /// <param name="members">driver, id and properties.</param>
    /// <param name="syntax">Where the members come from.</param>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public void Add(JsonObject members, ValueSyntax syntax)
    {
        DimmConfig dimm;
        try
        {
            OptionBag bag = OptionBags.Of(members, syntax, stringsMayHoldValues: syntax == ValueSyntax.Message);
            if (bag.TryGet("id", out OptionValue id) && id.AsText() is { } name && IsTaken(name))
            {
                throw DuplicateId(name);
            }

            dimm = DimmOptions.Read(bag, things);
        }
        catch (OptionException refusal)
        {
            throw new QmpException(refusal.IsNotFound ? QmpErrorClass.DeviceNotFound : QmpErrorClass.GenericError, refusal.Message, refusal);
        }

        RequireSlot(dimm);
        RequireFreeAddress(dimm);
        try
        {
            machine.Memory.PlugDimm(dimm);
        }
        catch (VmException refusal)
        {
            throw Reword(dimm, refusal);
        }
    }

    /// <summary>Asks the guest to let go of a module.</summary>
    /// <returns>False when no module has the id or path.</returns>
    /// <exception cref="QmpException">Refused; nothing changed.</exception>
    public bool TryRemove(string idOrPath)
    {
        MemoryDeviceInfo? dimm = Dimms.FirstOrDefault(dimm => idOrPath.Length > 0 && (dimm.Id == idOrPath || dimm.Path == idOrPath));
        if (dimm is null)
        {
            return false;
        }

        try
        {
            machine.Memory.UnplugDimm(dimm.Id ?? dimm.Path);
            return true;
        }
        catch (VmException refusal)
        {
            throw refusal.Code == VmErrorCode.DeviceNotFound
                ? new QmpException(QmpErrorClass.DeviceNotFound, $"Device '{idOrPath}' not found", refusal)
                : Plain(refusal);
        }
    }

    private bool IsTaken(string id) =>
        machine.Devices.FindDevice(id) is not null
        || machine.Memory.GetMemoryDevices().Any(device => device.Id == id)
        || machine.GetCpuSlots().Any(slot => slot.Occupant?.Id == id);

    private void RequireSlot(DimmConfig dimm)
    {
        int slots = machine.Memory.GetSummary().Slots;
        if (slots == 0)
        {
            throw NoSlots(null);
        }

        if (dimm.Slot >= slots)
        {
            throw new QmpException(Text($"invalid slot number {dimm.Slot}, valid range is [0-{slots - 1}]"));
        }

        if (dimm.Slot is { } wanted && Dimms.Any(other => other.Slot == wanted))
        {
            throw new QmpException(Text($"slot {wanted} is busy"));
        }
    }

    private void RequireFreeAddress(DimmConfig dimm)
    {
        if (dimm.Address is not { } address || dimm.Backend is not { } name || things.FindObject(name) is not NamedObject.Memory { Config: { } memory })
        {
            return;
        }

        MemoryDeviceInfo? other = machine.Memory.GetMemoryDevices().FirstOrDefault(device => Overlap(address, memory, device));
        if (other is not null)
        {
            throw new QmpException($"address range conflicts with memory device id='{other.Id ?? "(unnamed)"}'");
        }
    }

    private static bool Overlap(ulong address, MemoryBackendConfig memory, MemoryDeviceInfo device) =>
        (UInt128)address < (UInt128)device.Address + device.MaximumSize && device.Address < (UInt128)address + memory.Size;

    private QmpException Reword(DimmConfig dimm, VmException refusal) => refusal.Code switch
    {
        // Another client may have been faster since the checks above.
        VmErrorCode.DuplicateId when dimm.Id is { } id => DuplicateId(id),
        VmErrorCode.HotplugNotSupported => NoSlots(refusal),
        VmErrorCode.SlotOccupied when dimm.Slot is { } slot => Reworded(Text($"slot {slot} is busy"), refusal),
        VmErrorCode.NoFreeSlot => Reworded("no free slots available", refusal),
        VmErrorCode.BackendNotFound => new QmpException(QmpErrorClass.DeviceNotFound, $"Device '{dimm.Backend}' not found", refusal),
        VmErrorCode.BackendInUse => Reworded($"can't use already busy memdev: {dimm.Backend}", refusal),
        VmErrorCode.NoMemorySpace => Reworded(NoSpace(), refusal),
        _ => Plain(refusal),
    };

    private string NoSpace()
    {
        MemorySummary summary = machine.Memory.GetSummary();
        ulong used = machine.Memory.GetMemoryDevices().Aggregate(0UL, static (sum, device) => sum + device.MaximumSize);
        return $"not enough space, currently 0x{used:x} in use of total space for memory devices 0x{summary.MaximumSize - summary.BaseSize:x}";
    }

    // Sic.
    private static QmpException NoSlots(VmException? refusal) =>
        new(QmpErrorClass.GenericError, "no slots where allocated, please specify the 'slots' option", refusal);

    private static QmpException DuplicateId(string id) => new($"Duplicate device ID '{id}'");

    private static QmpException Plain(VmException refusal) => new(QmpErrorClass.GenericError, refusal.Message, refusal);

    private static QmpException Reworded(string text, VmException refusal) => new(QmpErrorClass.GenericError, text, refusal);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
