using System.Collections.Generic;
using System.Threading;
using Limber.Acpi;
using Limber.Device;
using Limber.Memory;

namespace Limber.Devices.Platform.Ged;

/// <summary>
/// ACPI's generic event device (ACPI 6.5, 5.6.9): one interrupt by which the VMM makes the guest look at everything that may
/// have changed. What changed is in memory that both sides share, so that the handler costs no VM exit.
/// <code>
/// page, written by the VMM             page, written by the guest
/// 0x0000 power button presses          0x1000 presses handled
/// </code>
/// </summary>
/// <remarks>
/// The interrupt is an edge. One that comes before the guest listens is lost, which is why <see cref="Raise"/> may be
/// repeated as often as one likes: without a change the handler only reads memory. Thread: any.
/// </remarks>
public sealed class GenericEventDevice : IAmlContributor
{
    private const uint Presses = 0x0;
    private const uint PressesHandled = 0x1000;

    private readonly IInterruptLine line;
    private readonly uint gsi;
    private readonly SharedArea area;
    private readonly IReadOnlyList<string> scanMethods;
    private int presses;

    /// <param name="line">The wire of <paramref name="gsi"/>.</param>
    /// <param name="gsi">Global system interrupt, as the DSDT tells it.</param>
    /// <param name="memory">Memory that contains the shared area.</param>
    /// <param name="areaStart">Guest address of <see cref="AreaSize"/> bytes, page aligned.</param>
    /// <param name="scanMethods">Paths of AML methods of other devices, without arguments, that announce their changes.</param>
    public GenericEventDevice(
        IInterruptLine line, uint gsi, GuestMemory memory, GuestAddress areaStart, IReadOnlyList<string> scanMethods)
    {
        this.line = line;
        this.gsi = gsi;
        this.scanMethods = scanMethods;
        area = new SharedArea(memory, new GuestRange(areaStart, AreaSize));
    }

    /// <summary>Size of the shared area, in bytes.</summary>
    public static ulong AreaSize => 0x2000;

    /// <summary>Makes the guest look for changes.</summary>
    public void Raise() => line.Pulse();

    /// <summary>Presses the power button.</summary>
    public void PressPowerButton()
    {
        area.Write(Presses, unchecked((uint)Interlocked.Increment(ref presses)));
        Raise();
    }

    /// <summary>Forgets presses; the shared area reads as zeros. No vCPU runs.</summary>
    public void Reset() => Volatile.Write(ref presses, 0);

    /// <summary>
    /// As ASL:
    /// <code>
    /// Scope (\_SB) {
    ///   Device (PWRB) { Name (_HID, EisaId ("PNP0C0C")) Name (_UID, 0) }
    ///   Device (GED) {
    ///     Name (_HID, "ACPI0013")  Name (_UID, 0)  Name (_CRS, ResourceTemplate () { Interrupt (edge, high, exclusive) { gsi } })
    ///     OperationRegion (GEA, SystemMemory, area, 0x2000)
    ///     Field (GEA, DWordAcc, NoLock, Preserve) { PBSQ, 32, Offset (0x1000), PBAK, 32 }
    ///     Method (_EVT, 1, Serialized) {
    ///       scan methods of other devices ()
    ///       If (PBSQ != PBAK) { PBAK = PBSQ [read once]; Notify (PWRB, 0x80) }
    ///     }
    ///   }
    /// }
    /// </code>
    /// </summary>
    public IEnumerable<AmlTerm> DescribeAml()
    {
        var events = new List<AmlTerm>();
        foreach (string method in scanMethods)
        {
            events.Add(Aml.Call(method));
        }

        events.Add(Aml.Store(Aml.Path("PBSQ"), Aml.Local(0)));
        events.Add(Aml.If(
            Aml.LNotEqual(Aml.Local(0), Aml.Path("PBAK")),
            Aml.Store(Aml.Local(0), Aml.Path("PBAK")),
            Aml.Notify(Aml.Path(@"\_SB.PWRB"), Aml.Integer(0x80))));

        yield return Aml.Scope(
            @"\_SB",
            Aml.Device("PWRB", Aml.Name("_HID", Aml.EisaId("PNP0C0C")), Aml.Name("_UID", Aml.Integer(0))),
            Aml.Device(
                "GED_",
                Aml.Name("_HID", Aml.String("ACPI0013")),
                Aml.Name("_UID", Aml.Integer(0)),
                Aml.Name("_CRS", Aml.ResourceTemplate(Resource.Interrupt(true, InterruptMode.Edge, InterruptPolarity.ActiveHigh, InterruptSharing.Exclusive, gsi))),
                Aml.OperationRegion("GEA_", RegionSpace.SystemMemory, area.Range.Start.Value, AreaSize),
                Aml.Field(
                    "GEA_",
                    FieldAccess.DWord,
                    FieldLock.NoLock,
                    FieldUpdate.Preserve,
                    FieldElement.Named("PBSQ", 32),
                    FieldElement.Offset(PressesHandled),
                    FieldElement.Named("PBAK", 32)),
                Aml.Method("_EVT", 1, serialized: true, [.. events])));
    }
}
