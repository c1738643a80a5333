using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Acpi;
using Limber.Devices.Platform.Hotplug;
using Limber.Memory;
using M = Limber.Devices.Platform.MemoryHotplug.MemoryHotplugRegisters;

namespace Limber.Devices.Platform.MemoryHotplug;

/// <summary>
/// The ACPI side of memory hotplug, of <see cref="HotplugAml"/> and <see cref="HotplugGroupAml"/>. As ASL, for slot 5:
/// <code>
/// Scope (\_SB) {
///   Device (MEMS) {
///     Name (_HID, EisaId ("PNP0A06"))  Name (_UID, "Memory slots")
///     ... shared area, doorbell MDBL, scan MSCN and the groups' G000 ...
///     Method (MCRS, 2, Serialized) {
///       Name (MRBF, ResourceTemplate () { QWordMemory (ResourceConsumer, ..., Cacheable, ReadWrite, 0, 0, 0xFFFFFFFE, 0, 0xFFFFFFFF) })
///       CreateQWordField (MRBF, 14, MMIN)  CreateQWordField (MRBF, 22, MMAX)  CreateQWordField (MRBF, 38, MLEN)
///       MMIN = Arg0; MLEN = Arg1; MMAX = Arg0 + Arg1 - 1
///       Return (MRBF)
///     }
///     Device (M005) {
///       Name (_HID, EisaId ("PNP0C80"))  Name (_UID, 5)
///       Field (MHV, ...) { Offset (0x100 + 4*5), MST, 32, Offset (0x800 + 32*5), MBA, 64, MLN, 64, MND, 32 }
///       ... MAK, MOE, MOS; _STA, CHK, _EJ0, _OST ...
///       Method (_CRS, 0, Serialized) { Return (MCRS (MBA, MLN)) }
///       Method (_PXM) { Return (MND) }                    // with NUMA only
///     }
///   }
/// }
/// </code>
/// </summary>
internal static class MemoryHotplugAml
{
    /// <summary>Path of the method that announces all changes; the event device calls it.</summary>
    public const string ScanMethod = @"\_SB.MEMS.MSCN";

    private const ulong DeviceCheck = 1;

    // Places of the numbers in an address space descriptor (ACPI 6.5, 6.4.3.5.1).
    private const int MinimumOffset = 14;
    private const int MaximumOffset = 22;
    private const int LengthOffset = 38;

    public static IEnumerable<AmlTerm> Describe(int slots, bool tellsNodes, GuestAddress area, ushort doorbellPort)
    {
        var words = new HotplugAml("MH", 'M', "MDBL", DeviceCheck);
        var groups = new HotplugGroupAml(words, 'M', slots, M.GroupSize);
        AmlTerm hardwareId = Aml.Name("_HID", Aml.EisaId("PNP0C80"));
        AmlTerm[] describe =
        [
            words.Status,
            Aml.Method("_CRS", 0, serialized: true, Aml.Return(Aml.Call("MCRS", Aml.Path("MBA_"), Aml.Path("MLN_")))),

            // Spec: ACPI 6.5, 6.2.14. Guests take the node of memory that comes later from here, not from the SRAT.
            .. tellsNodes ? (ReadOnlySpan<AmlTerm>)[Aml.Method("_PXM", 0, serialized: false, Aml.Return(Aml.Path("MND_")))] : [],
        ];
        yield return Aml.Scope(@"\_SB", Aml.Device(
            "MEMS",
            [
                Aml.Name("_HID", Aml.EisaId("PNP0A06")),
                Aml.Name("_UID", Aml.String("Memory slots")),
                .. words.DescribeArea(area, M.GetGuestOffset(slots), M.GetAreaSize(slots), doorbellPort),
                .. groups.DescribeScan(),
                Resources(),
                .. groups.DescribeGroups(),
                .. Enumerable.Range(0, slots).Select(slot => Aml.Device(
                    groups.SlotName(slot),
                    [
                        hardwareId,
                        Aml.Name("_UID", Aml.Integer((ulong)slot)),
                        words.SlotState(
                            slot,
                            FieldElement.Offset(M.Dimm + (M.DimmSize * (uint)slot)),
                            FieldElement.Named("MBA_", 64),
                            FieldElement.Named("MLN_", 64),
                            FieldElement.Named("MND_", 32)),
                        words.SlotRecord(slot),
                        .. describe,
                        words.Check(Aml.Path(@"\_SB.MEMS." + groups.SlotName(slot))),
                        words.Eject(slot),
                        words.Report(slot),
                    ])),
            ]));
    }

    private static AmlTerm Resources()
    {
        AmlTerm buffer = Aml.Path("MRBF");
        return Aml.Method(
            "MCRS",
            2,
            serialized: true,
            Aml.Name(
                "MRBF",
                Aml.ResourceTemplate(Resource.QWordMemory(MemoryCaching.Cacheable, writable: true, 0, 0xFFFF_FFFE, consumer: true))),
            Aml.CreateQWordField(buffer, Aml.Integer(MinimumOffset), "MMIN"),
            Aml.CreateQWordField(buffer, Aml.Integer(MaximumOffset), "MMAX"),
            Aml.CreateQWordField(buffer, Aml.Integer(LengthOffset), "MLEN"),
            Aml.Store(Aml.Arg(0), Aml.Path("MMIN")),
            Aml.Store(Aml.Arg(1), Aml.Path("MLEN")),
            Aml.Add(Aml.Arg(0), Aml.Arg(1), Aml.Local(0)),
            Aml.Subtract(Aml.Local(0), Aml.Integer(1), Aml.Path("MMAX")),
            Aml.Return(buffer));
    }
}
