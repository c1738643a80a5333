using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Acpi;
using Limber.Devices.Platform.Hotplug;
using Limber.Memory;
using C = Limber.Devices.Platform.CpuHotplug.CpuHotplugRegisters;

namespace Limber.Devices.Platform.CpuHotplug;

/// <summary>
/// The ACPI side of processor hotplug, of <see cref="HotplugAml"/> and <see cref="HotplugGroupAml"/>. As ASL, for processor 5:
/// <code>
/// Scope (\_SB) {
///   Device (CPUS) {
///     Name (_HID, "ACPI0010")  Name (_CID, EisaId ("PNP0A05"))
///     ... shared area, doorbell DBEL, scan CSCN and the groups' G000 ...
///     Device (C005) {
///       Name (_HID, "ACPI0007")  Name (_UID, 5)  Name (_MAT, Buffer { local APIC entry, enabled })
///       ... CST, CAK, COE, COS; _STA, CHK, _OST ...
///       Method (_EJ0, 1, Serialized) { DBEL = 5 }         // not on processor 0
///       Name (_PXM, 1)                                    // with NUMA only
///     }
///   }
/// }
/// </code>
/// </summary>
internal static class CpuHotplugAml
{
    private const ulong DeviceCheck = 1;
    private const byte LocalApicEntry = 0;
    private const byte LocalX2ApicEntry = 9;
    private const uint FirstX2ApicId = 255;

    /// <summary>Path of the method that announces all changes; the event device calls it.</summary>
    public const string ScanMethod = @"\_SB.CPUS.CSCN";

    public static IEnumerable<AmlTerm> Describe(
        ImmutableArray<uint> apicIds, ImmutableArray<uint> proximityDomains, GuestAddress area, ushort doorbellPort)
    {
        int count = apicIds.Length;
        var words = new HotplugAml("HP", 'C', "DBEL", DeviceCheck);
        var groups = new HotplugGroupAml(words, 'C', count, C.GroupSize);
        AmlTerm hardwareId = Aml.Name("_HID", Aml.String("ACPI0007"));
        yield return Aml.Scope(@"\_SB", Aml.Device(
            "CPUS",
            [
                Aml.Name("_HID", Aml.String("ACPI0010")),
                Aml.Name("_CID", Aml.EisaId("PNP0A05")),
                .. words.DescribeArea(area, C.GetGuestOffset(count), C.GetAreaSize(count), doorbellPort),
                .. groups.DescribeScan(),
                .. groups.DescribeGroups(),
                .. Enumerable.Range(0, count).Select(index => Aml.Device(
                    groups.SlotName(index),
                    [
                        hardwareId,
                        .. Processor(index, apicIds[index], words, Aml.Path(@"\_SB.CPUS." + groups.SlotName(index))),

                        // Spec: ACPI 6.5, 6.2.14. Guests take the node of a processor that comes later from here, not from the SRAT.
                        .. proximityDomains.IsEmpty ? (ReadOnlySpan<AmlTerm>)[] : [Aml.Name("_PXM", Aml.Integer(proximityDomains[index]))],
                    ])),
            ]));
    }

    private static IEnumerable<AmlTerm> Processor(int index, uint apicId, HotplugAml words, AmlTerm self)
    {
        yield return Aml.Name("_UID", Aml.Integer((ulong)index));
        yield return Aml.Name("_MAT", Aml.Buffer(InterruptControllerEntry(index, apicId)));
        yield return words.SlotState(index);
        yield return words.SlotRecord(index);
        yield return words.Status;
        yield return words.Check(self);
        yield return words.Report(index);
        if (index != 0)
        {
            yield return words.Eject(index);
        }
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
}
