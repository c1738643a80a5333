using System.Collections.Generic;
using Limber.Acpi;
using Limber.Memory;
using R = Limber.Devices.Platform.Hotplug.HotplugRegisters;

namespace Limber.Devices.Platform.Hotplug;

/// <summary>
/// What the ACPI sides of all hotplug controllers have in common: the shared area, the doorbell, and what every slot does with
/// them. As ASL, with the names of the processors' controller and for slot 5:
/// <code>
/// OperationRegion (HPV, SystemMemory, area, ...)      // written by the VMM
/// OperationRegion (HPG, SystemMemory, area + G, ...)  // written by the guest
/// OperationRegion (HPD, SystemIO, doorbell, 4)
/// Field (HPD, DWordAcc, NoLock, Preserve) { DBEL, 32 }
///
/// Field (HPV, ...) { Offset (0x100 + 4*5), CST, 32 }
/// Field (HPG, ...) { Offset (0x100 + 16*5), CAK, 32, COE, 32, COS, 32 }
/// Method (_STA) { If (CST &amp; 1) { Return (0xF) } Return (0) }
/// Method (CHK, 0, Serialized) { CAK = CST [read once]; If (insert) { Notify (self, 1) } If (remove) { Notify (self, 3) } }
/// Method (_EJ0, 1, Serialized) { DBEL = 5 }
/// Method (_OST, 3, Serialized) { COE = Arg0; COS = Arg1; DBEL = 0x10005 }
/// </code>
/// Nothing but the two doorbell writes leaves the guest. A change is acknowledged before anybody looks at it, so that another one
/// in between is found by the next event.
/// </summary>
/// <remarks>What slots share is made once: a tree of a thousand of them is mostly this.</remarks>
internal sealed class HotplugAml
{
    private const ulong EjectRequest = 3;

    private readonly string regions;
    private readonly char letter;
    private readonly string doorbellName;
    private readonly AmlTerm doorbell;
    private readonly AmlTerm readState;
    private readonly AmlTerm acknowledgeState;
    private readonly AmlTerm isInsert = Aml.And(Aml.Local(0), Aml.Integer(R.StateInsert));
    private readonly AmlTerm isRemove = Aml.And(Aml.Local(0), Aml.Integer(R.StateRemove));
    private readonly AmlTerm insertNotice;
    private readonly AmlTerm removeNotice = Aml.Integer(EjectRequest);
    private readonly AmlTerm keepEvent;
    private readonly AmlTerm keepStatus;

    /// <param name="regions">First two letters of the regions' names.</param>
    /// <param name="letter">First letter of the fields of a slot.</param>
    /// <param name="doorbell">Name of the doorbell, four letters.</param>
    /// <param name="insertNotice">What drivers are told of an insertion: 0 is a bus check, 1 a device check (ACPI 6.5, 5.6.6).</param>
    public HotplugAml(string regions, char letter, string doorbell, ulong insertNotice)
    {
        this.regions = regions;
        this.letter = letter;
        doorbellName = doorbell;
        this.doorbell = Aml.Path(doorbell);
        this.insertNotice = Aml.Integer(insertNotice);
        readState = Aml.Store(Aml.Path(Field("ST_")), Aml.Local(0));
        acknowledgeState = Aml.Store(Aml.Local(0), Aml.Path(Field("AK_")));
        keepEvent = Aml.Store(Aml.Arg(0), Aml.Path(Field("OE_")));
        keepStatus = Aml.Store(Aml.Arg(1), Aml.Path(Field("OS_")));
        Status = Aml.Method(
            "_STA",
            0,
            serialized: false,
            Aml.If(Aml.And(Aml.Path(Field("ST_")), Aml.Integer(R.StatePresent)), Aml.Return(Aml.Integer(0xF))),
            Aml.Return(Aml.Integer(0)));
    }

    /// <summary>Says whether there is something in a slot: <c>_STA</c>.</summary>
    public AmlTerm Status { get; }

    /// <summary>The shared area and the doorbell, for the scope that all slots are in.</summary>
    /// <param name="area">Guest address of the shared area.</param>
    /// <param name="guestOffset">Where in it the guest's part begins.</param>
    /// <param name="areaSize">Its size in bytes.</param>
    /// <param name="doorbellPort">The port.</param>
    public IEnumerable<AmlTerm> DescribeArea(GuestAddress area, uint guestOffset, uint areaSize, ushort doorbellPort) =>
    [
        Aml.OperationRegion(regions + "V_", RegionSpace.SystemMemory, area.Value, guestOffset),
        Aml.OperationRegion(regions + "G_", RegionSpace.SystemMemory, area.Value + guestOffset, areaSize - guestOffset),
        Aml.OperationRegion(regions + "D_", RegionSpace.SystemIO, doorbellPort, sizeof(uint)),
        Words(regions + "D_", FieldElement.Named(doorbellName, 32)),
    ];

    /// <summary>Names words that the VMM writes.</summary>
    public AmlTerm HostWords(params IEnumerable<FieldElement> elements) => Words(regions + "V_", [.. elements]);

    /// <summary>Names words that the guest writes.</summary>
    public AmlTerm GuestWords(params IEnumerable<FieldElement> elements) => Words(regions + "G_", [.. elements]);

    /// <summary>Names the state of a slot, and what else the VMM writes about it.</summary>
    public AmlTerm SlotState(int slot, params IEnumerable<FieldElement> more) =>
        HostWords([FieldElement.Offset(R.State + (4 * (uint)slot)), FieldElement.Named(Field("ST_"), 32), .. more]);

    /// <summary>Names the record of a slot.</summary>
    public AmlTerm SlotRecord(int slot) => GuestWords(
        FieldElement.Offset(R.Record + (R.RecordSize * (uint)slot)),
        FieldElement.Named(Field("AK_"), 32),
        FieldElement.Named(Field("OE_"), 32),
        FieldElement.Named(Field("OS_"), 32));

    /// <summary>Tells drivers what happened to a slot, in the scope of its object: <c>CHK</c>.</summary>
    /// <param name="self">The object.</param>
    public AmlTerm Check(AmlTerm self) => Aml.Method(
        "CHK_",
        0,
        serialized: true,
        readState,
        acknowledgeState,
        Aml.If(isInsert, Aml.Notify(self, insertNotice)),
        Aml.If(isRemove, Aml.Notify(self, removeNotice)));

    /// <summary>Calls a slot's <c>CHK</c> when its state has changed.</summary>
    /// <param name="path">The slot's object, from where this stands. Of several segments it begins at a place: it is not searched for upwards.</param>
    public AmlTerm CheckIfChanged(string path) => Aml.If(
        Aml.LNotEqual(Aml.Path(path + "." + Field("ST_")), Aml.Path(path + "." + Field("AK_"))),
        Aml.Call(path + ".CHK_"));

    /// <summary>Gives back what is in a slot: <c>_EJ0</c>.</summary>
    public AmlTerm Eject(int slot) => Aml.Method("_EJ0", 1, serialized: true, Aml.Store(Aml.Integer((ulong)slot), doorbell));

    /// <summary>Reports a status about a slot: <c>_OST</c>.</summary>
    public AmlTerm Report(int slot) => Aml.Method(
        "_OST",
        3,
        serialized: true,
        keepEvent,
        keepStatus,
        Aml.Store(Aml.Integer(R.DoorbellOst | (uint)slot), doorbell));

    private static AmlTerm Words(string region, params FieldElement[] elements) =>
        Aml.Field(region, FieldAccess.DWord, FieldLock.NoLock, FieldUpdate.Preserve, elements);

    private string Field(string name) => letter + name;
}
