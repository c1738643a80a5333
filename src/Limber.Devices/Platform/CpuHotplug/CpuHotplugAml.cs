using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using Limber.Acpi;
using Limber.Memory;
using C = Limber.Devices.Platform.CpuHotplug.CpuHotplugRegisters;
using R = Limber.Devices.Platform.Hotplug.HotplugRegisters;

namespace Limber.Devices.Platform.CpuHotplug;

/// <summary>
/// The ACPI side of processor hotplug. As ASL, for the group of processors 0..31 and for processor 5:
/// <code>
/// Scope (\_SB) {
///   Device (CPUS) {
///     Name (_HID, "ACPI0010")  Name (_CID, EisaId ("PNP0A05"))
///     OperationRegion (HPV, SystemMemory, area, ...)      // written by the VMM
///     OperationRegion (HPG, SystemMemory, area + G, ...)  // written by the guest
///     OperationRegion (HPD, SystemIO, doorbell, 4)
///     Field (HPD, DWordAcc, NoLock, Preserve) { DBEL, 32 }
///     Field (HPV, ...) { Offset (0x80), S000, 32, ... }   Field (HPG, ...) { A000, 32, ... }
///     Method (G000, 0, Serialized) { If (^C005.CST != ^C005.CAK) { ^C005.CHK () } ... }
///     Method (CSCN, 0, Serialized) { If (S000 != A000) { A000 = S000; G000 () } ... }
///     Device (C005) {
///       Name (_HID, "ACPI0007")  Name (_UID, 5)  Name (_MAT, Buffer { local APIC entry, enabled })
///       Name (_PXM, 1)                                    // with NUMA only
///       Field (HPV, ...) { Offset (0x100 + 4*5), CST, 32 }
///       Field (HPG, ...) { Offset (0x100 + 16*5), CAK, 32, COE, 32, COS, 32 }
///       Method (_STA) { If (CST &amp; 1) { Return (0xF) } Return (0) }
///       Method (CHK, 0, Serialized) { CAK = CST [read once]; If (insert) { Notify (C005, 1) } If (remove) { Notify (C005, 3) } }
///       Method (_EJ0, 1, Serialized) { DBEL = 5 }         // not on processor 0
///       Method (_OST, 3, Serialized) { COE = Arg0; COS = Arg1; DBEL = 0x10005 }
///     }
///   }
/// }
/// </code>
/// Nothing but the two doorbell writes leaves the guest. The scan reads one word a group of 32 and then those of the groups
/// that changed; it acknowledges before it looks, so that a change in between is found by the next event.
/// </summary>
internal static class CpuHotplugAml
{
    private const byte LocalApicEntry = 0;
    private const byte LocalX2ApicEntry = 9;
    private const uint FirstX2ApicId = 255;

    /// <summary>Path of the method that announces all changes; the event device calls it.</summary>
    public const string ScanMethod = @"\_SB.CPUS.CSCN";

    public static IEnumerable<AmlTerm> Describe(
        ImmutableArray<uint> apicIds, ImmutableArray<uint> proximityDomains, GuestAddress area, ushort doorbellPort)
    {
        int count = apicIds.Length;
        uint guestOffset = C.GetGuestOffset(count);
        int groups = (count + C.GroupSize - 1) / C.GroupSize;
        var body = new List<AmlTerm>
        {
            Aml.Name("_HID", Aml.String("ACPI0010")),
            Aml.Name("_CID", Aml.EisaId("PNP0A05")),
            Aml.OperationRegion("HPV_", RegionSpace.SystemMemory, area.Value, guestOffset),
            Aml.OperationRegion("HPG_", RegionSpace.SystemMemory, area.Value + guestOffset, C.GetAreaSize(count) - guestOffset),
            Aml.OperationRegion("HPD_", RegionSpace.SystemIO, doorbellPort, sizeof(uint)),
            Words("HPD_", FieldElement.Named("DBEL", 32)),
            GroupWords("HPV_", R.GroupSequence, 'S', groups),
            GroupWords("HPG_", R.GroupAcknowledge, 'A', groups),
            Scan(groups),
        };
        for (int group = 0; group < groups; group++)
        {
            body.Add(ScanGroup(group, count));
        }

        var shared = new SharedTerms();
        for (int index = 0; index < count; index++)
        {
            body.Add(Processor(index, apicIds[index], shared, proximityDomains.IsEmpty ? null : proximityDomains[index]));
        }

        yield return Aml.Scope(@"\_SB", Aml.Device("CPUS", [.. body]));
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
            AmlTerm sequence = Aml.Path(Segment('S', group));
            AmlTerm acknowledge = Aml.Path(Segment('A', group));
            body.Add(Aml.Store(sequence, Aml.Local(0)));
            body.Add(Aml.If(
                Aml.LNotEqual(Aml.Local(0), acknowledge),
                Aml.Store(Aml.Local(0), acknowledge),
                Aml.Call(Segment('G', group))));
        }

        return Aml.Method("CSCN", 0, serialized: true, [.. body]);
    }

    private static AmlTerm ScanGroup(int group, int count)
    {
        var body = new List<AmlTerm>();
        for (int index = group * C.GroupSize; index < count && index < (group + 1) * C.GroupSize; index++)
        {
            string processor = "^" + Segment('C', index);
            body.Add(Aml.If(
                Aml.LNotEqual(Aml.Path(processor + ".CST_"), Aml.Path(processor + ".CAK_")),
                Aml.Call(processor + ".CHK_")));
        }

        return Aml.Method(Segment('G', group), 0, serialized: true, [.. body]);
    }

    private static AmlTerm Processor(int index, uint apicId, SharedTerms shared, uint? proximityDomain)
    {
        AmlTerm self = Aml.Path(@"\_SB.CPUS." + Segment('C', index));
        var body = new List<AmlTerm>
        {
            shared.HardwareId,
            Aml.Name("_UID", Aml.Integer((ulong)index)),
            Aml.Name("_MAT", Aml.Buffer(InterruptControllerEntry(index, apicId))),
            Words("HPV_", FieldElement.Offset(R.State + (4 * (uint)index)), FieldElement.Named("CST_", 32)),
            Words(
                "HPG_",
                FieldElement.Offset(R.Record + (R.RecordSize * (uint)index)),
                FieldElement.Named("CAK_", 32),
                FieldElement.Named("COE_", 32),
                FieldElement.Named("COS_", 32)),
            shared.Status,
            Aml.Method(
                "CHK_",
                0,
                serialized: true,
                shared.ReadState,
                shared.AcknowledgeState,
                Aml.If(shared.IsInsert, Aml.Notify(self, shared.DeviceCheck)),
                Aml.If(shared.IsRemove, Aml.Notify(self, shared.EjectRequest))),
            Aml.Method(
                "_OST",
                3,
                serialized: true,
                shared.KeepEvent,
                shared.KeepStatus,
                Aml.Store(Aml.Integer(R.DoorbellOst | (uint)index), shared.Doorbell)),
        };
        if (index != 0)
        {
            body.Add(Aml.Method("_EJ0", 1, serialized: true, Aml.Store(Aml.Integer((ulong)index), shared.Doorbell)));
        }

        // Spec: ACPI 6.5, 6.2.14. Guests take the node of a processor that comes later from here, not from the SRAT.
        if (proximityDomain is uint domain)
        {
            body.Add(Aml.Name("_PXM", Aml.Integer(domain)));
        }

        return Aml.Device(Segment('C', index), [.. body]);
    }

    // Spec: ACPI 6.5, 5.2.12.2 and 5.2.12.12: ids from 255 need the x2APIC form. Always enabled here: the guest asks for
    // this entry when _STA says that the processor is present.
    private static byte[] InterruptControllerEntry(int index, uint apicId)
    {
        if (apicId < FirstX2ApicId)
        {
            return [LocalApicEntry, 8, (byte)index, (byte)apicId, 1, 0, 0, 0];
        }

        byte[] entry = new byte[16];
        entry[0] = LocalX2ApicEntry;
        entry[1] = 16;
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), apicId);
        entry[8] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(12), (uint)index);
        return entry;
    }

    private static string Segment(char prefix, int number) => prefix + number.ToString("X3", CultureInfo.InvariantCulture);

    /// <summary>What all processors have in common, made once: a tree of a thousand of them is mostly this.</summary>
    private sealed class SharedTerms
    {
        public AmlTerm HardwareId { get; } = Aml.Name("_HID", Aml.String("ACPI0007"));

        public AmlTerm Status { get; } = Aml.Method(
            "_STA",
            0,
            serialized: false,
            Aml.If(Aml.And(Aml.Path("CST_"), Aml.Integer(R.StatePresent)), Aml.Return(Aml.Integer(0xF))),
            Aml.Return(Aml.Integer(0)));

        public AmlTerm ReadState { get; } = Aml.Store(Aml.Path("CST_"), Aml.Local(0));

        public AmlTerm AcknowledgeState { get; } = Aml.Store(Aml.Local(0), Aml.Path("CAK_"));

        public AmlTerm IsInsert { get; } = Aml.And(Aml.Local(0), Aml.Integer(R.StateInsert));

        public AmlTerm IsRemove { get; } = Aml.And(Aml.Local(0), Aml.Integer(R.StateRemove));

        public AmlTerm DeviceCheck { get; } = Aml.Integer(1);

        public AmlTerm EjectRequest { get; } = Aml.Integer(3);

        public AmlTerm KeepEvent { get; } = Aml.Store(Aml.Arg(0), Aml.Path("COE_"));

        public AmlTerm KeepStatus { get; } = Aml.Store(Aml.Arg(1), Aml.Path("COS_"));

        public AmlTerm Doorbell { get; } = Aml.Path("DBEL");
    }
}
