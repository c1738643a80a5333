using System.Collections.Generic;
using Limber.Acpi;

namespace Limber.Pci;

/// <summary>
/// The host bridge in the DSDT. As ASL:
/// <code>
/// Scope (\_SB) {
///   Device (PCI0) {
///     Name (_HID, EisaId ("PNP0A08"))  Name (_CID, EisaId ("PNP0A03"))  Name (_SEG, 0)  Name (_BBN, 0)  Name (_UID, 0)
///     Name (_CRS, ResourceTemplate () { bus numbers, configuration ports, ports, memory below and above 4 GiB })
///     Name (_PRT, Package () { Package () { 0x0001FFFF, 0, 0, GSI }, ... })
///     Method (_OSC, 4, Serialized) { ... }
///   }
///   Device (PCIM) { Name (_HID, EisaId ("PNP0C02"))  Name (_CRS, ...configuration memory...) }
/// }
/// </code>
/// </summary>
internal static class PciHostBridgeAml
{
    private const string HostBridgeUuid = "33db4d5b-1ff7-401c-9657-7441c03dd766";

    // Spec: PCI Firmware 3.3, table 4-5 and 4-6: status and control of _OSC.
    private const ulong UnrecognizedUuid = 1 << 2;
    private const ulong UnrecognizedRevision = 1 << 3;
    private const ulong CapabilitiesMasked = 1 << 4;
    private const ulong NativeHotplugControl = 1 << 0;
    private const ulong ExpressCapabilityControl = 1 << 4;

    public static IEnumerable<AmlTerm> Describe(PciWindows windows, uint firstInterrupt)
    {
        yield return Aml.Scope(
            @"\_SB",
            Aml.Device(
                "PCI0",
                Aml.Name("_HID", Aml.EisaId("PNP0A08")),
                Aml.Name("_CID", Aml.EisaId("PNP0A03")),
                Aml.Name("_SEG", Aml.Integer(0)),
                Aml.Name("_BBN", Aml.Integer(0)),
                Aml.Name("_UID", Aml.Integer(0)),
                Aml.Name("_CRS", Aml.ResourceTemplate([.. Resources(windows)])),
                Aml.Name("_PRT", Routing(firstInterrupt)),
                OperatingSystemCapabilities()),
            Aml.Device(
                "PCIM",
                Aml.Name("_HID", Aml.EisaId("PNP0C02")),
                Aml.Name("_UID", Aml.Integer(0)),
                Aml.Name("_CRS", Aml.ResourceTemplate(
                    Resource.Memory32Fixed(true, (uint)windows.EcamBase, (uint)windows.ConfigurationLength)))));
    }

    private static IEnumerable<ResourceDescriptor> Resources(PciWindows windows)
    {
        yield return Resource.WordBusNumber(0, (ushort)(windows.BusCount - 1));
        yield return Resource.Io(
            (ushort)PciConfigPorts.FirstPort, (ushort)PciConfigPorts.FirstPort, 1, (byte)PciConfigPorts.PortCount);
        yield return Resource.WordIo((ushort)windows.IoStart, (ushort)(windows.IoStart + windows.IoLength - 1));
        yield return Memory32(windows.Mmio32Start, windows.Mmio32Length);
        if (windows.Mmio32HighLength != 0)
        {
            yield return Memory32(windows.Mmio32HighStart, windows.Mmio32HighLength);
        }

        yield return Resource.QWordMemory(
            MemoryCaching.Cacheable, true, windows.Mmio64Start, windows.Mmio64Start + (windows.Mmio64Length - 1));
    }

    private static ResourceDescriptor Memory32(ulong start, ulong length) =>
        Resource.DWordMemory(MemoryCaching.NonCacheable, true, (uint)start, (uint)(start + (length - 1)));

    // Spec: ACPI 6.5, 6.2.13: any function of the device, pin from 0, no link device, global system interrupt. Linux takes
    // interrupts that no link device describes for level-triggered and active low.
    private static AmlTerm Routing(uint firstInterrupt)
    {
        var entries = new List<AmlTerm>();
        for (int device = 0; device < PciBus.MaximumDevices; device++)
        {
            for (int pin = 1; pin <= PciHost.InterruptCount; pin++)
            {
                entries.Add(Aml.Package(
                    Aml.Integer(((ulong)device << 16) | 0xFFFF),
                    Aml.Integer((ulong)pin - 1),
                    Aml.Integer(0),
                    Aml.Integer(firstInterrupt + (uint)PciHost.GetInterruptIndex(device, pin))));
            }
        }

        return Aml.Package([.. entries]);
    }

    // Hotplug of PCIe slots by the guest's own driver, and the PCIe capability that goes with it. Not error reporting, power
    // management events and latency tolerance: there is nothing behind them. The query flag changes nothing, for the answer
    // is always the same.
    private static AmlTerm OperatingSystemCapabilities()
    {
        AmlTerm status = Aml.Path("CDW1");
        AmlTerm control = Aml.Path("CDW3");
        return Aml.Method(
            "_OSC",
            4,
            serialized: true,
            Aml.CreateDWordField(Aml.Arg(3), Aml.Integer(0), "CDW1"),
            Aml.If(
                Aml.LNotEqual(Aml.Arg(0), Aml.Uuid(HostBridgeUuid)),
                Aml.Store(Aml.Or(status, Aml.Integer(UnrecognizedUuid)), status),
                Aml.Return(Aml.Arg(3))),
            Aml.CreateDWordField(Aml.Arg(3), Aml.Integer(8), "CDW3"),
            Aml.And(control, Aml.Integer(NativeHotplugControl | ExpressCapabilityControl), Aml.Local(0)),
            Aml.If(
                Aml.LNotEqual(Aml.Arg(1), Aml.Integer(1)),
                Aml.Store(Aml.Or(status, Aml.Integer(UnrecognizedRevision)), status)),
            Aml.If(
                Aml.LNotEqual(control, Aml.Local(0)),
                Aml.Store(Aml.Or(status, Aml.Integer(CapabilitiesMasked)), status)),
            Aml.Store(Aml.Local(0), control),
            Aml.Return(Aml.Arg(3)));
    }
}
