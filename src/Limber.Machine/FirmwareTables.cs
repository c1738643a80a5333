using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Acpi;
using Limber.Boot;
using Limber.Device;
using Limber.Devices.Platform;
using Limber.Devices.Platform.AcpiPm;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>
/// The guest's ACPI tables: what the devices say of themselves (DSDT), the fixed registers (FADT) and the processors (MADT).
/// </summary>
/// <remarks>
/// The machine is hardware-reduced: no SCI and no general-purpose events, whose registers cost a guest some twenty VM exits an
/// event (docs/decisions/0003-hardware-reduced-acpi.md).
/// </remarks>
internal sealed class FirmwareTables
{
    private readonly ImmutableArray<uint> apicIds;
    private readonly IReadOnlyList<IAmlContributor> contributors;
    private readonly GuestRange area;

    public FirmwareTables(ImmutableArray<uint> apicIds, IReadOnlyList<IAmlContributor> contributors, GuestRange area)
    {
        this.apicIds = apicIds;
        this.contributors = contributors;
        this.area = area;
    }

    /// <summary>What does not change while the machine exists and is no device's: the tables of <see cref="NumaTables"/>.</summary>
    public ImmutableArray<AcpiTableBuilder> FixedTables { get; init; } = [];

    /// <summary>Writes the tables for a guest that starts with the given processors; returns where the RSDP is.</summary>
    /// <exception cref="BootException">They do not fit.</exception>
    public GuestAddress Write(GuestMemory memory, IReadOnlyCollection<int> presentProcessors)
    {
        AcpiTableSet tables = AcpiTables.Layout(
            area.Start.Value,
            new DsdtBuilder(contributors.SelectMany(c => c.DescribeAml())),
            [DescribeFixedHardware(), DescribeProcessors(presentProcessors), .. FixedTables]);
        if ((ulong)tables.Bytes.Length > area.Length)
        {
            throw new BootException($"ACPI tables of {tables.Bytes.Length} bytes exceed the {area.Length} bytes reserved for them");
        }

        memory.Write(new GuestAddress(tables.BaseAddress), tables.Bytes.Span);
        return new GuestAddress(tables.RsdpAddress);
    }

    private static FadtBuilder DescribeFixedHardware() => new()
    {
        Features = FadtFeatures.HardwareReduced | FadtFeatures.PmTimer32Bit | FadtFeatures.Headless,
        BootArchitecture = IaPcBootArchitecture.VgaNotPresent,
        ResetRegister = GenericAddress.Io(PlatformPorts.Reset, 8),
        ResetValue = AcpiSleepDevice.ResetValue,
        SleepControlRegister = GenericAddress.Io(PlatformPorts.SleepControl, 8),
        SleepStatusRegister = GenericAddress.Io(PlatformPorts.SleepStatus, 8),
        PmTimer = GenericAddress.Io(PlatformPorts.PmTimer, 32),
    };

    // An absent processor is online capable, or guests would not keep room for it (ACPI 6.5, table 5.21).
    private MadtBuilder DescribeProcessors(IReadOnlyCollection<int> present)
    {
        var madt = new MadtBuilder { LocalApicAddress = PlatformMap.LocalApicAddress, HasDual8259 = true };
        for (int i = 0; i < apicIds.Length; i++)
        {
            madt.AddProcessor((uint)i, apicIds[i], present.Contains(i) ? ProcessorState.Enabled : ProcessorState.OnlineCapable);
        }

        madt.AddIoApic(0, PlatformMap.IoApicAddress, 0);
        madt.AddLocalApicNmi(MadtBuilder.AllProcessors, 1, InterruptMode.Edge, InterruptPolarity.ActiveHigh);
        if (apicIds[^1] >= MadtBuilder.FirstX2ApicId)
        {
            // All processors of the entries that the other form has no word for (ACPI 6.5, 5.2.12.13).
            madt.AddLocalX2ApicNmi(MadtBuilder.AllProcessors, 1, InterruptMode.Edge, InterruptPolarity.ActiveHigh);
        }

        return madt;
    }
}
