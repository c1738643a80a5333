using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Acpi;
using Limber.Device;

namespace Limber.Devices.Platform.AcpiPm;

/// <summary>
/// The registers by which a guest on hardware-reduced ACPI powers off and resets.
/// Spec: ACPI 6.5, 4.8.3.6 (reset register), 4.8.3.7 (sleep control and status).
/// <code>
/// port   7    6   5       4 3 2    1 0
/// 0x600  -    -   SLP_EN  SLP_TYP  - -    sleep control; SLP_EN reads as 0
/// 0x601  WAK  -   -       - - -    - -    sleep status; WAK never comes up, as nobody sleeps and wakes
/// 0x602  reset value                      write only
/// </code>
/// </summary>
/// <remarks>Thread: vCPU threads; takes no lock.</remarks>
public sealed class AcpiSleepDevice : IIoDevice, IResettable, IAmlContributor, IRegisterFile<AcpiSleepRegister>
{
    /// <summary>Ports from <see cref="PlatformPorts.SleepControl"/>: control, status, reset.</summary>
    public const ushort PortCount = 3;

    /// <summary>What the guest writes to the reset register, for the FADT.</summary>
    public const byte ResetValue = 1;

    /// <summary>SLP_TYP of S5, which \_S5 tells the guest.</summary>
    public const byte S5Type = 5;

    private const string Name = "acpi-sleep";
    private const int SleepTypeShift = 2;
    private const int SleepTypeMask = 0x07;
    private const int SleepEnable = 0x20;

    private static readonly RegisterMap<AcpiSleepRegister> Map = new(
        PortCount,
        new(AcpiSleepRegister.Control, PlatformPorts.SleepControl - PlatformPorts.SleepControl, 1, RegisterAccess.ReadWrite),
        new(AcpiSleepRegister.Status, PlatformPorts.SleepStatus - PlatformPorts.SleepControl, 1, RegisterAccess.ReadWrite),
        new(AcpiSleepRegister.Reset, PlatformPorts.Reset - PlatformPorts.SleepControl, 1, RegisterAccess.Write));

    private readonly IPowerController power;
    private readonly IDeviceLog log;
    private byte sleepType;

    /// <param name="power">Is asked to power off or to reset.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public AcpiSleepDevice(IPowerController power, IDeviceLog log)
    {
        ArgumentNullException.ThrowIfNull(power);
        ArgumentNullException.ThrowIfNull(log);
        this.power = power;
        this.log = log;
    }

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data) => Map.Read(this, offset, data);

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => Map.Write(this, offset, data);

    /// <inheritdoc/>
    public void Reset() => Volatile.Write(ref sleepType, 0);

    /// <summary>
    /// As ASL: <c>Name (\_S5, Package () { 5, 0, 0, 0 })</c>. Of hardware-reduced ACPI's two values only the first is used.
    /// </summary>
    public IEnumerable<AmlTerm> DescribeAml()
    {
        yield return Aml.Name(
            @"\_S5_", Aml.Package(Aml.Integer(S5Type), Aml.Integer(0), Aml.Integer(0), Aml.Integer(0)));
    }

    ulong IRegisterFile<AcpiSleepRegister>.ReadRegister(AcpiSleepRegister register) =>
        register == AcpiSleepRegister.Control ? (ulong)Volatile.Read(ref sleepType) << SleepTypeShift : 0;

    void IRegisterFile<AcpiSleepRegister>.WriteRegister(AcpiSleepRegister register, ulong value)
    {
        switch (register)
        {
            case AcpiSleepRegister.Control:
                WriteControl((int)value);
                break;
            case AcpiSleepRegister.Reset when value == ResetValue:
                power.RequestReset();
                break;
            case AcpiSleepRegister.Reset:
                log.GuestError(Name, "reset register written with another value than the FADT's");
                break;
        }
    }

    private void WriteControl(int value)
    {
        int type = (value >> SleepTypeShift) & SleepTypeMask;
        Volatile.Write(ref sleepType, (byte)type);
        if ((value & SleepEnable) == 0)
        {
            return;
        }

        if (type == S5Type)
        {
            power.RequestPowerOff();
        }
        else
        {
            log.GuestError(Name, "sleep state that no AML package offers");
        }
    }
}
