using System;
using System.Collections.Generic;
using System.Globalization;
using Limber.Acpi;
using Limber.Memory;
using M = Limber.Devices.Platform.MemoryHotplug.MemoryHotplugRegisters;
using R = Limber.Devices.Platform.Hotplug.HotplugRegisters;

namespace Limber.Devices.Platform.MemoryHotplug;

/// <summary>
/// The ACPI side of memory hotplug. As ASL, for the group of slots 0..31 and for slot 5:
/// <code>
/// Scope (\_SB) {
///   Device (MEMS) {
///     Name (_HID, EisaId ("PNP0A06"))  Name (_UID, "Memory slots")
///     OperationRegion (MHV, SystemMemory, area, ...)      // written by the VMM
///     OperationRegion (MHG, SystemMemory, area + G, ...)  // written by the guest
///     OperationRegion (MHD, SystemIO, doorbell, 4)
///     Field (MHD, DWordAcc, NoLock, Preserve) { MDBL, 32 }
///     Field (MHV, ...) { Offset (0x80), S000, 32, ... }   Field (MHG, ...) { A000, 32, ... }
///     Method (G000, 0, Serialized) { If (^M005.MST != ^M005.MAK) { ^M005.CHK () } ... }
///     Method (MSCN, 0, Serialized) { If (S000 != A000) { A000 = S000; G000 () } ... }
///     Method (MCRS, 2, Serialized) {
///       Name (MRBF, ResourceTemplate () { QWordMemory (ResourceConsumer, ..., Cacheable, ReadWrite, 0, 0, 0xFFFFFFFE, 0, 0xFFFFFFFF) })
///       CreateQWordField (MRBF, 14, MMIN)  CreateQWordField (MRBF, 22, MMAX)  CreateQWordField (MRBF, 38, MLEN)
///       MMIN = Arg0; MLEN = Arg1; MMAX = Arg0 + Arg1 - 1
///       Return (MRBF)
///     }
///     Device (M005) {
///       Name (_HID, EisaId ("PNP0C80"))  Name (_UID, 5)
///       Field (MHV, ...) { Offset (0x100 + 4*5), MST, 32, Offset (0x800 + 32*5), MBA, 64, MLN, 64, MND, 32 }
///       Field (MHG, ...) { Offset (0x100 + 16*5), MAK, 32, MOE, 32, MOS, 32 }
///       Method (_STA) { If (MST &amp; 1) { Return (0xF) } Return (0) }
///       Method (_CRS, 0, Serialized) { Return (MCRS (MBA, MLN)) }
///       Method (_PXM) { Return (MND) }                    // with NUMA only
///       Method (CHK, 0, Serialized) { MAK = MST [read once]; If (insert) { Notify (M005, 1) } If (remove) { Notify (M005, 3) } }
///       Method (_EJ0, 1, Serialized) { MDBL = 5 }
///       Method (_OST, 3, Serialized) { MOE = Arg0; MOS = Arg1; MDBL = 0x10005 }
///     }
///   }
/// }
/// </code>
/// Nothing but the two doorbell writes leaves the guest, as with processors.
/// </summary>
internal static class MemoryHotplugAml
{
    /// <summary>Path of the method that announces all changes; the event device calls it.</summary>
    public const string ScanMethod = @"\_SB.MEMS.MSCN";

    // Places of the numbers in an address space descriptor (ACPI 6.5, 6.4.3.5.1).
    private const int MinimumOffset = 14;
    private const int MaximumOffset = 22;
    private const int LengthOffset = 38;

    public static IEnumerable<AmlTerm> Describe(int slots, bool tellsNodes, GuestAddress area, ushort doorbellPort)
    {
        uint guestOffset = M.GetGuestOffset(slots);
        int groups = (slots + M.GroupSize - 1) / M.GroupSize;
        var body = new List<AmlTerm>
        {
            Aml.Name("_HID", Aml.EisaId("PNP0A06")),
            Aml.Name("_UID", Aml.String("Memory slots")),
            Aml.OperationRegion("MHV_", RegionSpace.SystemMemory, area.Value, guestOffset),
            Aml.OperationRegion("MHG_", RegionSpace.SystemMemory, area.Value + guestOffset, M.GetAreaSize(slots) - guestOffset),
            Aml.OperationRegion("MHD_", RegionSpace.SystemIO, doorbellPort, sizeof(uint)),
            Words("MHD_", FieldElement.Named("MDBL", 32)),
            GroupWords("MHV_", R.GroupSequence, 'S', groups),
            GroupWords("MHG_", R.GroupAcknowledge, 'A', groups),
            Scan(groups),
            Resources(),
        };
        for (int group = 0; group < groups; group++)
        {
            body.Add(ScanGroup(group, slots));
        }

        var shared = new SharedTerms(tellsNodes);
        for (int slot = 0; slot < slots; slot++)
        {
            body.Add(Slot(slot, shared));
        }

        yield return Aml.Scope(@"\_SB", Aml.Device("MEMS", [.. body]));
    }

    private static AmlTerm Words(string region, params FieldElement[] elements) =>
        Aml.Field(region, FieldAccess.DWord, FieldLock.NoLock, FieldUpdate.Preserve, elements);

    private static AmlTerm GroupWords(string region, uint offset, char prefix, int groups)
    {
        var elements = new List<FieldElement> { FieldElement.Offset(offset) };
        for (int group = 0; group < groups; group++)
        {
            elements.Add(FieldElement.Named(Segment(prefix, group), 32));
        }

        return Words(region, [.. elements]);
    }

    private static AmlTerm Scan(int groups)
    {
        var body = new List<AmlTerm>();
        for (int group = 0; group < groups; group++)
        {
            AmlTerm acknowledge = Aml.Path(Segment('A', group));
            body.Add(Aml.Store(Aml.Path(Segment('S', group)), Aml.Local(0)));
            body.Add(Aml.If(
                Aml.LNotEqual(Aml.Local(0), acknowledge),
                Aml.Store(Aml.Local(0), acknowledge),
                Aml.Call(Segment('G', group))));
        }

        return Aml.Method("MSCN", 0, serialized: true, [.. body]);
    }

    private static AmlTerm ScanGroup(int group, int slots)
    {
        var body = new List<AmlTerm>();
        for (int slot = group * M.GroupSize; slot < slots && slot < (group + 1) * M.GroupSize; slot++)
        {
            string device = "^" + Segment('M', slot);
            body.Add(Aml.If(
                Aml.LNotEqual(Aml.Path(device + ".MST_"), Aml.Path(device + ".MAK_")),
                Aml.Call(device + ".CHK_")));
        }

        return Aml.Method(Segment('G', group), 0, serialized: true, [.. body]);
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

    private static AmlTerm Slot(int slot, SharedTerms shared)
    {
        AmlTerm self = Aml.Path(@"\_SB.MEMS." + Segment('M', slot));
        return Aml.Device(
            Segment('M', slot),
            [
                shared.HardwareId,
                Aml.Name("_UID", Aml.Integer((ulong)slot)),
                Words(
                    "MHV_",
                    FieldElement.Offset(R.State + (4 * (uint)slot)),
                    FieldElement.Named("MST_", 32),
                    FieldElement.Offset(M.Dimm + (M.DimmSize * (uint)slot)),
                    FieldElement.Named("MBA_", 64),
                    FieldElement.Named("MLN_", 64),
                    FieldElement.Named("MND_", 32)),
                Words(
                    "MHG_",
                    FieldElement.Offset(R.Record + (R.RecordSize * (uint)slot)),
                    FieldElement.Named("MAK_", 32),
                    FieldElement.Named("MOE_", 32),
                    FieldElement.Named("MOS_", 32)),
                .. shared.Methods,
                Aml.Method(
                    "CHK_",
                    0,
                    serialized: true,
                    shared.ReadState,
                    shared.AcknowledgeState,
                    Aml.If(shared.IsInsert, Aml.Notify(self, shared.DeviceCheck)),
                    Aml.If(shared.IsRemove, Aml.Notify(self, shared.EjectRequest))),
                Aml.Method("_EJ0", 1, serialized: true, Aml.Store(Aml.Integer((ulong)slot), shared.Doorbell)),
                Aml.Method(
                    "_OST",
                    3,
                    serialized: true,
                    shared.KeepEvent,
                    shared.KeepStatus,
                    Aml.Store(Aml.Integer(R.DoorbellOst | (uint)slot), shared.Doorbell)),
            ]);
    }

    private static string Segment(char prefix, int number) => prefix + number.ToString("X3", CultureInfo.InvariantCulture);

    /// <summary>What all slots have in common, made once.</summary>
    private sealed class SharedTerms(bool tellsNodes)
    {
        public AmlTerm HardwareId { get; } = Aml.Name("_HID", Aml.EisaId("PNP0C80"));

        public AmlTerm[] Methods { get; } =
        [
            Aml.Method(
                "_STA",
                0,
                serialized: false,
                Aml.If(Aml.And(Aml.Path("MST_"), Aml.Integer(R.StatePresent)), Aml.Return(Aml.Integer(0xF))),
                Aml.Return(Aml.Integer(0))),
            Aml.Method("_CRS", 0, serialized: true, Aml.Return(Aml.Call("MCRS", Aml.Path("MBA_"), Aml.Path("MLN_")))),

            // Spec: ACPI 6.5, 6.2.14. Guests take the node of memory that comes later from here, not from the SRAT.
            .. tellsNodes ? (ReadOnlySpan<AmlTerm>)[Aml.Method("_PXM", 0, serialized: false, Aml.Return(Aml.Path("MND_")))] : [],
        ];

        public AmlTerm ReadState { get; } = Aml.Store(Aml.Path("MST_"), Aml.Local(0));

        public AmlTerm AcknowledgeState { get; } = Aml.Store(Aml.Local(0), Aml.Path("MAK_"));

        public AmlTerm IsInsert { get; } = Aml.And(Aml.Local(0), Aml.Integer(R.StateInsert));

        public AmlTerm IsRemove { get; } = Aml.And(Aml.Local(0), Aml.Integer(R.StateRemove));

        public AmlTerm DeviceCheck { get; } = Aml.Integer(1);

        public AmlTerm EjectRequest { get; } = Aml.Integer(3);

        public AmlTerm KeepEvent { get; } = Aml.Store(Aml.Arg(0), Aml.Path("MOE_"));

        public AmlTerm KeepStatus { get; } = Aml.Store(Aml.Arg(1), Aml.Path("MOS_"));

        public AmlTerm Doorbell { get; } = Aml.Path("MDBL");
    }
}
