using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using Limber.Control;
using Limber.Servers.Json;

namespace Limber.Servers.Devices;

/// <summary>
/// The last <c>_OST</c> source event and status of every DIMM slot and processor slot (ACPI 6.5, 6.3.5); they stay after a removal.
/// </summary>
internal sealed class OspmStatus
{
    private readonly Lock gate = new();
    private readonly Dictionary<(DeviceClass Class, int Slot), (uint Source, uint Status)> last = [];

    /// <summary>Event handler; thread: any, also a vCPU's.</summary>
    public void Record(VmEvent happened)
    {
        if (happened is VmEvent.AcpiDeviceOst ost)
        {
            lock (gate)
            {
                last[(ost.Class, ost.Slot)] = (ost.Source, ost.Status);
            }
        }
    }

    /// <summary>One entry a slot: those of DIMMs, then those of processors, by ascending index.</summary>
    public List<JsonValue> Describe(IVirtualMachine machine)
    {
        List<JsonValue> entries = [];
        Dictionary<int, string?> dimms = [];
        foreach (MemoryDeviceInfo device in machine.Memory.GetMemoryDevices())
        {
            if (device.Kind == MemoryDeviceKind.Dimm)
            {
                dimms[device.Slot] = device.Id;
            }
        }

        int slots = machine.Memory.GetSummary().Slots;
        IReadOnlyList<CpuSlot> processors = machine.GetCpuSlots();

        // The machine may hold its own lock when it calls Record, so it is not called with this one.
        lock (gate)
        {
            for (int slot = 0; slot < slots; slot++)
            {
                entries.Add(Entry(dimms.GetValueOrDefault(slot), DeviceClass.Dimm, slot));
            }

            foreach (CpuSlot slot in processors)
            {
                entries.Add(Entry(slot.Occupant?.Id, DeviceClass.Processor, slot.Index));
            }
        }

        return entries;
    }

    public static JsonObject Entry(string? device, DeviceClass @class, int slot, uint source, uint status)
    {
        JsonObject entry = [];
        if (device is not null)
        {
            entry.Add("device", device);
        }

        entry.Add("source", source);
        entry.Add("status", status);
        entry.Add("slot", slot.ToString(CultureInfo.InvariantCulture));
        entry.Add("slot-type", @class == DeviceClass.Dimm ? "DIMM" : "CPU");
        return entry;
    }

    private JsonObject Entry(string? device, DeviceClass @class, int slot)
    {
        (uint source, uint status) = last.GetValueOrDefault((@class, slot));
        return Entry(device, @class, slot, source, status);
    }
}
