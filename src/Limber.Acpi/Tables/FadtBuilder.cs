using System;
using System.Text;

namespace Limber.Acpi;

/// <summary>
/// Fixed ACPI description table of ACPI 6.5 (5.2.9), 276 bytes. Of the fixed hardware only the PM timer can be described: the
/// machine is meant to be hardware-reduced, and what is absent is zero.
/// </summary>
public sealed class FadtBuilder : AcpiTableBuilder
{
    /// <summary>Size of the table in bytes.</summary>
    public const int Size = 276;

    private const int HypervisorSize = 8;
    private const byte MinorVersion = 5;

    private readonly string hypervisorVendor = OemId;
    private ulong dsdtAddress;

    public FadtBuilder()
        : base("FACP", 6)
    {
    }

    /// <summary>Guest physical address of the DSDT (X_DSDT). <see cref="AcpiTables.Layout"/> puts its own in place.</summary>
    public ulong DsdtAddress
    {
        get => dsdtAddress;
        init => dsdtAddress = value;
    }

    public PowerProfile Profile { get; init; }

    /// <summary>Fixed features. That the reset register can be used is added if there is one.</summary>
    public FadtFeatures Features { get; init; } = FadtFeatures.HardwareReduced;

    public IaPcBootArchitecture BootArchitecture { get; init; }

    /// <summary>Global system interrupt of the SCI; without meaning on a hardware-reduced machine.</summary>
    public ushort SciInterrupt { get; init; }

    /// <summary>Register that resets the machine; 8 bits. Absent by default.</summary>
    public GenericAddress ResetRegister { get; init; }

    /// <summary>What is written to <see cref="ResetRegister"/>.</summary>
    public byte ResetValue { get; init; }

    /// <summary>Register that a hardware-reduced machine sleeps and powers off with; 8 bits. Absent by default.</summary>
    public GenericAddress SleepControlRegister { get; init; }

    /// <summary>Register that says a hardware-reduced machine woke; 8 bits. Absent by default.</summary>
    public GenericAddress SleepStatusRegister { get; init; }

    /// <summary>PM timer, 32 bits wide. Absent by default.</summary>
    public GenericAddress PmTimer { get; init; }

    /// <summary>Hypervisor vendor identity: at most 8 printable ASCII characters.</summary>
    public string HypervisorVendor
    {
        get => hypervisorVendor;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Length > HypervisorSize || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                throw new ArgumentException(
                    $"Hypervisor vendor '{value}' must have at most {HypervisorSize} printable ASCII characters.", nameof(value));
            }

            hypervisorVendor = value;
        }
    }

    /// <summary>The same table with another DSDT.</summary>
    internal FadtBuilder WithDsdt(ulong address)
    {
        var copy = (FadtBuilder)MemberwiseClone();
        copy.dsdtAddress = address;
        return copy;
    }

    // Spec: ACPI 6.5, table 5.9. The numbers are offsets in the table.
    private protected override void WriteBody(AmlBuffer buffer)
    {
        bool hasPmTimer = PmTimer != default;
        // 36 FIRMWARE_CTRL, 40 DSDT: superseded by their 64-bit forms below. 44 reserved.
        buffer.Zeros(9);
        buffer.Byte((byte)Profile);
        buffer.Word(SciInterrupt);
        // 48 SMI_CMD to 55 PSTATE_CNT, 56 PM1 and PM2 blocks.
        buffer.Zeros(8 + 20);
        // 76 PM_TMR_BLK, 80 GPE blocks.
        buffer.DWord(hasPmTimer && PmTimer.Space == RegionSpace.SystemIO ? CheckPort(PmTimer.Address) : 0);
        buffer.Zeros(8);
        // 88 PM1 and PM2 lengths, 91 PM_TMR_LEN, 92 GPE lengths, base and CST_CNT.
        buffer.Zeros(3);
        buffer.Byte((byte)(hasPmTimer ? 4 : 0));
        buffer.Zeros(4);
        // 96 P_LVL2_LAT, P_LVL3_LAT: above 100 and 1000 microseconds means that these states do not exist.
        buffer.Word(101);
        buffer.Word(1001);
        // 100 flush, duty, alarm and century fields.
        buffer.Zeros(9);
        // 109 IAPC_BOOT_ARCH, 111 reserved, 112 Flags.
        buffer.Word((ushort)BootArchitecture);
        buffer.Byte(0);
        buffer.DWord((uint)(ResetRegister == default ? Features : Features | FadtFeatures.ResetRegister));
        // 116 RESET_REG, 128 RESET_VALUE, 129 ARM_BOOT_ARCH, 131 minor version.
        buffer.Address(ResetRegister);
        buffer.Byte(ResetValue);
        buffer.Word(0);
        buffer.Byte(MinorVersion);
        // 132 X_FIRMWARE_CTRL, 140 X_DSDT.
        buffer.QWord(0);
        buffer.QWord(DsdtAddress);
        // 148 X_PM1a_EVT_BLK to X_PM2_CNT_BLK, 208 X_PM_TMR_BLK, 220 X_GPE0_BLK and X_GPE1_BLK.
        buffer.Zeros(5 * GenericAddress.Size);
        buffer.Address(PmTimer);
        buffer.Zeros(2 * GenericAddress.Size);
        // 244 SLEEP_CONTROL_REG, 256 SLEEP_STATUS_REG, 268 hypervisor vendor identity.
        buffer.Address(SleepControlRegister);
        buffer.Address(SleepStatusRegister);
        buffer.Bytes(Encoding.ASCII.GetBytes(HypervisorVendor.PadRight(HypervisorSize, '\0')));
    }

    private static uint CheckPort(ulong port) => port <= ushort.MaxValue
        ? (uint)port
        : throw new ArgumentException($"FADT: the PM timer's port 0x{port:x} exceeds 0x{ushort.MaxValue:x}.", nameof(port));
}
