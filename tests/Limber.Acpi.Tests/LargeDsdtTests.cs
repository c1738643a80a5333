using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;

namespace Limber.Acpi.Tests;

public sealed class LargeDsdtTests
{
    private const int Processors = 1024;

    [Fact]
    public void Build_1024Processors_PassesIaslBothWays()
    {
        using Iasl iasl = Iasl.Require();
        byte[] table = Dsdt(Processors).Build();
        Assert.Equal(table[AcpiTableBuilder.HeaderSize..], iasl.RoundTrip(table)[AcpiTableBuilder.HeaderSize..]);
    }

    /// <summary>Copies show as allocations, and these, unlike time, are the same on a busy machine.</summary>
    [Fact]
    public void Build_SixteenTimesTheDevices_AllocatesSixteenTimesAsMuch()
    {
        Measure(Processors);
        (long small, TimeSpan smallTime) = Measure(Processors);
        (long large, TimeSpan largeTime) = Measure(16 * Processors);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Processors} processors: {small} bytes, {smallTime.TotalMilliseconds} ms; 16 times as many: {large} bytes, {largeTime.TotalMilliseconds} ms");
        Assert.InRange((double)large / small, 14, 18);
    }

    [Fact]
    public void ToBytes_DeepNesting_EveryLengthEndsAtTheEnd()
    {
        const int depth = 2000;
        AmlTerm term = Aml.Noop();
        for (int i = 0; i < depth; i++)
        {
            term = Aml.If(Aml.Arg(0), term);
        }

        ReadOnlySpan<byte> rest = term.ToBytes();
        for (int i = 0; i < depth; i++)
        {
            Assert.Equal(0xA0, rest[0]);
            (int length, int size) = PackageLengthReader.Read(rest[1..]);
            Assert.Equal(rest.Length - 1, length);
            Assert.Equal(0x68, rest[1 + size]);
            rest = rest[(2 + size)..];
        }

        Assert.Equal([0xA3], rest.ToArray());
    }

    private static (long Allocated, TimeSpan Time) Measure(int processors)
    {
        long start = Stopwatch.GetTimestamp();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Dsdt(processors).Build();
        return (GC.GetAllocatedBytesForCurrentThread() - before, Stopwatch.GetElapsedTime(start));
    }

    private static DsdtBuilder Dsdt(int processors) =>
        new(Aml.Scope("\\_SB", Aml.Device("CPUS", [
            Aml.Name("_HID", Aml.String("ACPI0010")),
            Aml.Name("_CID", Aml.EisaId("PNP0A05")),
            Aml.OperationRegion("REGN", RegionSpace.SystemMemory, 0xFEB00000, 0x10000),
            Aml.Field("REGN", FieldAccess.DWord, FieldLock.NoLock, FieldUpdate.Preserve, FieldElement.Named("EJCT", 32)),
            .. Enumerable.Range(0, processors).Select(Processor),
        ])));

    private static AmlTerm Processor(int index)
    {
        string name = "C" + Base36(index);
        return Aml.Device(
            name,
            Aml.Name("_HID", Aml.String("ACPI0007")),
            Aml.Name("_UID", Aml.Integer((ulong)index)),
            Aml.Field(
                "REGN",
                FieldAccess.DWord,
                FieldLock.NoLock,
                FieldUpdate.Preserve,
                FieldElement.Offset(0x100 + (4L * index)),
                FieldElement.Named("STAT", 32)),
            Aml.Method(
                "_STA",
                0,
                false,
                Aml.If(Aml.And(Aml.Path("STAT"), Aml.Integer(1)), Aml.Return(Aml.Integer(0xF))),
                Aml.Return(Aml.Integer(0))),
            Aml.Name("_MAT", Aml.Buffer([9, 16, 0, 0, (byte)(index & 0xFF), (byte)(index >> 8), 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])),
            Aml.Method("_EJ0", 1, true, Aml.Store(Aml.Integer((ulong)index), Aml.Path("EJCT"))));
    }

    // Three digits name 16 times as many devices only in a larger base than sixteen.
    private static string Base36(int value)
    {
        const string digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        return string.Create(CultureInfo.InvariantCulture, $"{digits[value / 1296]}{digits[value / 36 % 36]}{digits[value % 36]}");
    }
}
