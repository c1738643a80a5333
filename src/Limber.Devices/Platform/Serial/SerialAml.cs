using System.Collections.Generic;
using System.Globalization;
using Limber.Acpi;

namespace Limber.Devices.Platform.Serial;

/// <summary>How a serial port looks in ACPI.</summary>
internal static class SerialAml
{
    /// <summary>
    /// As ASL:
    /// <code>
    /// Scope (\_SB) {
    ///   Device (COM1) {
    ///     Name (_HID, EisaId ("PNP0501"))  Name (_UID, 1)  Name (_STA, 0x0F)
    ///     Name (_CRS, ResourceTemplate () {
    ///       IO (Decode16, 0x03F8, 0x03F8, 1, 8)
    ///       IRQ (Edge, ActiveHigh, Exclusive) { 4 }
    ///     })
    ///   }
    /// }
    /// </code>
    /// </summary>
    public static IEnumerable<AmlTerm> Describe(int index, ushort basePort, byte irq)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"COM{index + 1}");
        yield return Aml.Scope(
            @"\_SB",
            Aml.Device(
                name,
                Aml.Name("_HID", Aml.EisaId("PNP0501")),
                Aml.Name("_UID", Aml.Integer((ulong)index + 1)),
                Aml.Name("_STA", Aml.Integer(0x0f)),
                Aml.Name("_CRS", Aml.ResourceTemplate(
                    Resource.Io(basePort, basePort, 1, (byte)PlatformPorts.SerialLength),
                    Resource.IrqNoFlags(irq)))));
    }
}
