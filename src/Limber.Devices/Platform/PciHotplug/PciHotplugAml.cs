using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using Limber.Acpi;
using Limber.Memory;
using P = Limber.Devices.Platform.PciHotplug.PciHotplugRegisters;
using R = Limber.Devices.Platform.Hotplug.HotplugRegisters;

namespace Limber.Devices.Platform.PciHotplug;

/// <summary>
/// The ACPI side of PCI hotplug. As ASL, for device 5 of the root bus and for the slot of the port that is device 2:
/// <code>
/// Scope (\_SB.PCI0) {
///   OperationRegion (PHV, SystemMemory, area, 0x1000)           // written by the VMM
///   OperationRegion (PHG, SystemMemory, area + 0x1000, 0x1000)  // written by the guest
///   OperationRegion (PHD, SystemIO, doorbell, 4)
///   Field (PHD, DWordAcc, NoLock, Preserve) { PDBL, 32 }
///   Field (PHV, ...) { Offset (0x80), PSEQ, 32 }   Field (PHG, ...) { PACK, 32 }
///   Device (S05) {
///     Name (_ADR, 0x00050000)  Name (_SUN, 5)
///     Field (PHV, ...) { Offset (0x100 + 4*5), PST, 32 }
///     Field (PHG, ...) { Offset (0x100 + 16*5), PAK, 32, POE, 32, POS, 32 }
///     Method (_STA) { If (PST &amp; 1) { Return (0xF) } Return (0) }
///     Method (CHK, 0, Serialized) { PAK = PST [read once]; If (insert) { Notify (S05, 0) } If (remove) { Notify (S05, 3) } }
///     Method (_EJ0, 1, Serialized) { PDBL = 5 }
///     Method (_OST, 3, Serialized) { POE = Arg0; POS = Arg1; PDBL = 0x10005 }
///   }
///   Device (S02) { Name (_ADR, 0x00020000)  Device (SLT) { Name (_ADR, 0) ... as above, number 34, without _SUN ... } }
///   Method (PSCN, 0, Serialized) { If (PSEQ != PACK) { PACK = PSEQ [read once]; If (S05.PST != S05.PAK) { S05.CHK () } ... } }
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
    private const int BusCheck = 0;
    private const int EjectRequest = 3;

    public static IEnumerable<AmlTerm> Describe(ImmutableArray<int> slots, GuestAddress area, ushort doorbellPort)
    {
        var body = new List<AmlTerm>
        {
            Aml.OperationRegion("PHV_", RegionSpace.SystemMemory, area.Value, P.GuestOffset),
            Aml.OperationRegion("PHG_", RegionSpace.SystemMemory, area.Value + P.GuestOffset, P.AreaSize - P.GuestOffset),
            Aml.OperationRegion("PHD_", RegionSpace.SystemIO, doorbellPort, sizeof(uint)),
            Words("PHD_", FieldElement.Named("PDBL", 32)),
            Words("PHV_", FieldElement.Offset(R.GroupSequence), FieldElement.Named("PSEQ", 32)),
            Words("PHG_", FieldElement.Offset(R.GroupAcknowledge), FieldElement.Named("PACK", 32)),
        };
        body.AddRange(slots.Select(Slot));
        body.Add(Scan(slots));
        yield return Aml.Scope(Bridge, [.. body]);
    }

    private static AmlTerm Words(string region, params FieldElement[] elements) =>
        Aml.Field(region, FieldAccess.DWord, FieldLock.NoLock, FieldUpdate.Preserve, elements);

    private static AmlTerm Scan(ImmutableArray<int> slots)
    {
        var changes = new List<AmlTerm> { Aml.Store(Aml.Local(0), Aml.Path("PACK")) };
        foreach (int slot in slots)
        {
            // A path of several segments is not searched for upwards: it begins at the method.
            string path = "^" + RelativePath(slot);
            changes.Add(Aml.If(
                Aml.LNotEqual(Aml.Path(path + ".PST_"), Aml.Path(path + ".PAK_")),
                Aml.Call(path + ".CHK_")));
        }

        return Aml.Method(
            "PSCN",
            0,
            serialized: true,
            Aml.Store(Aml.Path("PSEQ"), Aml.Local(0)),
            Aml.If(Aml.LNotEqual(Aml.Local(0), Aml.Path("PACK")), [.. changes]));
    }

    private static AmlTerm Slot(int slot)
    {
        int device = slot % P.RootSlots;
        ulong address = (ulong)device << 16;
        return slot < P.RootSlots
            ? Aml.Device(
                Segment(device),
                [
                    Aml.Name("_ADR", Aml.Integer(address)),
                    Aml.Name("_SUN", Aml.Integer((ulong)device)),
                    .. Occupant(slot),
                ])
            : Aml.Device(
                Segment(device),
                Aml.Name("_ADR", Aml.Integer(address)),
                Aml.Device("SLT_", [Aml.Name("_ADR", Aml.Integer(0)), .. Occupant(slot)]));
    }

    private static IEnumerable<AmlTerm> Occupant(int slot)
    {
        AmlTerm self = Aml.Path(Bridge + "." + RelativePath(slot));
        yield return Words("PHV_", FieldElement.Offset(R.State + (4 * (uint)slot)), FieldElement.Named("PST_", 32));
        yield return Words(
            "PHG_",
            FieldElement.Offset(R.Record + (R.RecordSize * (uint)slot)),
            FieldElement.Named("PAK_", 32),
            FieldElement.Named("POE_", 32),
            FieldElement.Named("POS_", 32));
        yield return Aml.Method(
            "_STA",
            0,
            serialized: false,
            Aml.If(Aml.And(Aml.Path("PST_"), Aml.Integer(R.StatePresent)), Aml.Return(Aml.Integer(0xF))),
            Aml.Return(Aml.Integer(0)));
        yield return Aml.Method(
            "CHK_",
            0,
            serialized: true,
            Aml.Store(Aml.Path("PST_"), Aml.Local(0)),
            Aml.Store(Aml.Local(0), Aml.Path("PAK_")),
            Aml.If(Aml.And(Aml.Local(0), Aml.Integer(R.StateInsert)), Aml.Notify(self, Aml.Integer(BusCheck))),
            Aml.If(Aml.And(Aml.Local(0), Aml.Integer(R.StateRemove)), Aml.Notify(self, Aml.Integer(EjectRequest))));
        yield return Aml.Method("_EJ0", 1, serialized: true, Aml.Store(Aml.Integer((ulong)slot), Aml.Path("PDBL")));
        yield return Aml.Method(
            "_OST",
            3,
            serialized: true,
            Aml.Store(Aml.Arg(0), Aml.Path("POE_")),
            Aml.Store(Aml.Arg(1), Aml.Path("POS_")),
            Aml.Store(Aml.Integer(R.DoorbellOst | (uint)slot), Aml.Path("PDBL")));
    }

    private static string RelativePath(int slot) =>
        slot < P.RootSlots ? Segment(slot) : Segment(slot - P.RootSlots) + ".SLT_";

    private static string Segment(int device) => "S" + device.ToString("D2", CultureInfo.InvariantCulture) + "_";
}
