using System;
using System.Collections.Generic;

namespace Limber.Acpi.Tests;

public static partial class AslCases
{
    private static IEnumerable<AslCase> Resources() =>
    [
        Crs("", ""),
        Crs("IO (Decode16, 0x3F8, 0x3F8, 0x01, 0x08)", "47 01 F8 03 F8 03 01 08", Resource.Io(0x3F8, 0x3F8, 1, 8)),
        Crs("IRQNoFlags () {4, 15}", "22 10 80", Resource.IrqNoFlags(4, 15)),
        Crs(
            "IRQ (Level, ActiveLow, Shared) {5}",
            "23 20 00 18",
            Resource.Irq(InterruptMode.Level, InterruptPolarity.ActiveLow, InterruptSharing.Shared, 5)),
        Crs(
            "IRQ (Edge, ActiveHigh, Exclusive) {8}",
            "23 00 01 01",
            Resource.Irq(InterruptMode.Edge, InterruptPolarity.ActiveHigh, InterruptSharing.Exclusive, 8)),
        Crs("Memory32Fixed (ReadWrite, 0xE8000000, 0x10000000)", "86 09 00 01 00 00 00 E8 00 00 00 10", Resource.Memory32Fixed(true, 0xE8000000, 0x10000000)),
        Crs("Memory32Fixed (ReadOnly, 0xFED00000, 0x400)", "86 09 00 00 00 00 D0 FE 00 04 00 00", Resource.Memory32Fixed(false, 0xFED00000, 0x400)),
        Crs(
            "Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) {5}",
            "89 06 00 03 01 05 00 00 00",
            Resource.Interrupt(true, InterruptMode.Edge, InterruptPolarity.ActiveHigh, InterruptSharing.Exclusive, 5)),
        Crs(
            "Interrupt (ResourceProducer, Level, ActiveLow, Shared) {0x10, 0x11}",
            "89 0A 00 0C 02 10 00 00 00 11 00 00 00",
            Resource.Interrupt(false, InterruptMode.Level, InterruptPolarity.ActiveLow, InterruptSharing.Shared, 0x10, 0x11)),
        Crs(
            "WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0x0, 0x0, 0xFF, 0x0, 0x100)",
            "88 0D 00 02 0C 00 00 00 00 00 FF 00 00 00 00 01",
            Resource.WordBusNumber(0, 0xFF)),
        Crs(
            "WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0x0, 0x0D00, 0xFFFF, 0x0, 0xF300)",
            "88 0D 00 01 0C 03 00 00 00 0D FF FF 00 00 00 F3",
            Resource.WordIo(0xD00, 0xFFFF)),
        Crs(
            "DWordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0x0, 0x0, 0xCF7, 0x0, 0xCF8)",
            "87 17 00 01 0C 03 00 00 00 00 00 00 00 00 F7 0C 00 00 00 00 00 00 F8 0C 00 00",
            Resource.DWordIo(0, 0xCF7)),
        Crs(
            "DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite, 0x0, 0xC0000000, 0xDFFFFFFF, 0x0, 0x20000000)",
            "87 17 00 00 0C 01 00 00 00 00 00 00 00 C0 FF FF FF DF 00 00 00 00 00 00 00 20",
            Resource.DWordMemory(MemoryCaching.NonCacheable, true, 0xC0000000, 0xDFFFFFFF)),
        Crs(
            "QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, Prefetchable, ReadOnly, 0x0, 0x4000000000, 0x7FFFFFFFFF, 0x0, 0x4000000000)",
            "8A 2B 00 00 0D 06 00 00 00 00 00 00 00 00 00 00 00 00 40 00 00 00 FF FF FF FF 7F 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 40 00 00 00",
            Resource.QWordMemory(MemoryCaching.Prefetchable, false, 0x40_0000_0000, 0x7F_FFFF_FFFF, consumer: true)),
    ];

    /// <summary>A template of one descriptor: Name, Buffer and end tag are put around it here, byte by byte.</summary>
    private static AslCase Crs(string asl, string hex, params ResourceDescriptor[] descriptors)
    {
        int size = ((hex.Length + 1) / 3) + 2;
        // Buffer: its size as a byte constant (0A nn), hence a package of 1 + 2 + size bytes.
        string head = FormattableString.Invariant($"08 5F 43 52 53 11 {size + 3:X2} 0A {size:X2} ");
        return Root(
            $"Name (_CRS, ResourceTemplate () {{ {asl} }})",
            $"{head}{hex}{(hex.Length == 0 ? string.Empty : " ")}79 00",
            Aml.Name("_CRS", Aml.ResourceTemplate(descriptors)));
    }
}
