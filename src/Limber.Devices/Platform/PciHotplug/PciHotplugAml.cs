using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using Limber.Acpi;
using Limber.Devices.Platform.Hotplug;
using Limber.Memory;
using P = Limber.Devices.Platform.PciHotplug.PciHotplugRegisters;
using R = Limber.Devices.Platform.Hotplug.HotplugRegisters;

namespace Limber.Devices.Platform.PciHotplug;

/// <summary>
/// The ACPI side of PCI hotplug, of <see cref="HotplugAml"/>. As ASL, for device 5 of the root bus and for the slot of the port
/// that is device 2:
/// <code>
/// Scope (\_SB.PCI0) {
///   ... shared area, doorbell PDBL ...
///   Field (PHV, ...) { Offset (0x80), PSEQ, 32 }   Field (PHG, ...) { PACK, 32 }
///   Device (S05) {
///     Name (_ADR, 0x00050000)  Name (_SUN, 5)
///     ... PST, PAK, POE, POS; _STA, CHK, _EJ0, _OST ...
///   }
///   Device (S02) { Name (_ADR, 0x00020000)  Device (SLT) { Name (_ADR, 0) ... as above, number 34, without _SUN ... } }
///   Method (PSCN, 0, Serialized) { If (PSEQ != PACK) { PACK = PSEQ [read once]; If (^S05.PST != ^S05.PAK) { ^S05.CHK () } ... } }
/// }
/// </code>
/// Insertion is announced as a bus check of the slot (0), not as a device check (1): Linux then looks at this slot only,
/// where a device check makes it look at every slot of the bus, an access to configuration space each.
/// A port's own object has no _EJ0: the port stays. What is below it lets a removal go the way of ACPI, without the five
/// seconds of the attention button.
/// </summary>
internal static class PciHotplugAml
{
    /// <summary>Path of the method that announces all changes; the event device calls it.</summary>
    public const string ScanMethod = @"\_SB.PCI0.PSCN";

    private const string Bridge = @"\_SB.PCI0";
    private const ulong BusCheck = 0;

    public static IEnumerable<AmlTerm> Describe(ImmutableArray<int> slots, GuestAddress area, ushort doorbellPort)
    {
        var words = new HotplugAml("PH", 'P', "PDBL", BusCheck);
        yield return Aml.Scope(
            Bridge,
            [
                .. words.DescribeArea(area, P.GuestOffset, P.AreaSize, doorbellPort),
                words.HostWords(FieldElement.Offset(R.GroupSequence), FieldElement.Named("PSEQ", 32)),
                words.GuestWords(FieldElement.Offset(R.GroupAcknowledge), FieldElement.Named("PACK", 32)),
                .. slots.Select(slot => Slot(slot, words)),
                Aml.Method(
                    "PSCN",
                    0,
                    serialized: true,
                    Aml.Store(Aml.Path("PSEQ"), Aml.Local(0)),
                    Aml.If(
                        Aml.LNotEqual(Aml.Local(0), Aml.Path("PACK")),
                        [
                            Aml.Store(Aml.Local(0), Aml.Path("PACK")),
                            .. slots.Select(slot => words.CheckIfChanged("^" + RelativePath(slot))),
                        ])),
            ]);
    }

    private static AmlTerm Slot(int slot, HotplugAml words)
    {
        int device = slot % P.RootSlots;
        ulong address = (ulong)device << 16;
        return slot < P.RootSlots
            ? Aml.Device(
                Segment(device),
                [
                    Aml.Name("_ADR", Aml.Integer(address)),
                    Aml.Name("_SUN", Aml.Integer((ulong)device)),
                    .. Occupant(slot, words),
                ])
            : Aml.Device(
                Segment(device),
                Aml.Name("_ADR", Aml.Integer(address)),
                Aml.Device("SLT_", [Aml.Name("_ADR", Aml.Integer(0)), .. Occupant(slot, words)]));
    }

    private static AmlTerm[] Occupant(int slot, HotplugAml words) =>
    [
        words.SlotState(slot),
        words.SlotRecord(slot),
        words.Status,
        words.Check(Aml.Path(Bridge + "." + RelativePath(slot))),
        words.Eject(slot),
        words.Report(slot),
    ];

    private static string RelativePath(int slot) =>
        slot < P.RootSlots ? Segment(slot) : Segment(slot - P.RootSlots) + ".SLT_";

    private static string Segment(int device) => "S" + device.ToString("D2", CultureInfo.InvariantCulture) + "_";
}
