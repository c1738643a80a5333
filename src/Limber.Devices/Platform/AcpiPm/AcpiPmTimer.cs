using System;
using System.Threading;
using Limber.Device;

namespace Limber.Devices.Platform.AcpiPm;

/// <summary>
/// ACPI's power management timer: 32 bits at 3.579545 MHz, from 0 at power-on and at reset. Writes do nothing.
/// Spec: ACPI 6.5, 4.8.3.3. The FADT sets TMR_VAL_EXT, as all 32 bits count; nobody is told when it wraps.
/// </summary>
/// <remarks>Thread: vCPU threads; takes no lock.</remarks>
public sealed class AcpiPmTimer : IIoDevice, IResettable, IRegisterFile<byte>
{
    /// <summary>Ports from <see cref="PlatformPorts.PmTimer"/>.</summary>
    public const ushort PortCount = 4;

    /// <summary>Counts a second.</summary>
    public const long Frequency = 3_579_545;

    private static readonly RegisterMap<byte> Map = new(
        PortCount, new RegisterDefinition<byte>(0, 0, PortCount, RegisterAccess.ReadWrite | RegisterAccess.Partial));

    private readonly TimeProvider clock;
    private readonly long clockFrequency;
    private long started;

    /// <param name="clock">Its timestamps are the time base.</param>
    public AcpiPmTimer(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        this.clock = clock;
        clockFrequency = clock.TimestampFrequency;
        Reset();
    }

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data) => Map.Read(this, offset, data);

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => Map.Write(this, offset, data);

    /// <inheritdoc/>
    public void Reset() => Volatile.Write(ref started, clock.GetTimestamp());

    ulong IRegisterFile<byte>.ReadRegister(byte register)
    {
        long elapsed = Math.Max(0, clock.GetTimestamp() - Volatile.Read(ref started));

        // Seconds apart from the rest: the product of all timestamps and the frequency leaves 64 bits within hours.
        long seconds = Math.DivRem(elapsed, clockFrequency, out long rest);
        return unchecked((uint)((seconds * Frequency) + (rest * Frequency / clockFrequency)));
    }

    void IRegisterFile<byte>.WriteRegister(byte register, ulong value) { }
}
