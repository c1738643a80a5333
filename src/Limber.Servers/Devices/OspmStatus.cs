using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using Limber.Control;
using Limber.Servers.Json;

namespace Limber.Servers.Devices;

/// <summary>
/// The last <c>_OST</c> source event and status of every processor slot (ACPI 6.5, 6.3.5); they stay after a removal.
/// </summary>
internal sealed class OspmStatus
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, (uint Source, uint Status)> last = [];

    /// <summary>Event handler; thread: any, also a vCPU's.</summary>
    public void Record(VmEvent happened)
    {
        if (happened is VmEvent.AcpiDeviceOst ost)
        {
            lock (gate)
            {
                last[ost.Slot] = (ost.Source, ost.Status);
            }
        }
    }

    /// <summary>One entry a slot, by ascending index.</summary>
    public List<JsonValue> Describe(IReadOnlyList<CpuSlot> slots)
    {
        List<JsonValue> entries = new(slots.Count);
        lock (gate)
        {
            foreach (CpuSlot slot in slots)
            {
                (uint source, uint status) = last.GetValueOrDefault(slot.Index);
                entries.Add(Entry(slot.Occupant?.Id, source, status, slot.Index));
            }
        }

        return entries;
    }

    public static JsonObject Entry(string? device, uint source, uint status, int slot)
    {
        JsonObject entry = [];
        if (device is not null)
        {
            entry.Add("device", device);
        }

        entry.Add("source", source);
        entry.Add("status", status);
        entry.Add("slot", slot.ToString(CultureInfo.InvariantCulture));
        entry.Add("slot-type", "CPU");
        return entry;
    }
}
