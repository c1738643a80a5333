using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using Limber.Acpi;
using Limber.Device;
using static Limber.Devices.Platform.Rtc.RtcRegisters;

namespace Limber.Devices.Platform.Rtc;

/// <summary>
/// The real-time clock of a PC, an MC146818 with 128 bytes of memory. It tells UTC.
/// </summary>
/// <remarks>
/// The time that the guest sets is kept as an offset from the host's clock, so no timer runs here. Alarm, periodic and
/// update interrupts are never raised and register C stays 0; the ACPI description names no interrupt, so a driver offers
/// no alarms instead of waiting for them.
/// Memory and the time set survive a reset, as behind a battery.
/// Thread: vCPU threads. Lock order: <see cref="gate"/> is a leaf; clock and log are called outside it.
/// </remarks>
public sealed class RtcDevice : IIoDevice, IResettable, IAmlContributor, IRegisterFile<RtcRegister>
{
    /// <summary>Where the century is, for the FADT.</summary>
    public const byte CenturyIndex = Century;

    private const string Name = "rtc";

    // Spec: MC146818A, "update cycle": the flag rises 244 us before the bytes change.
    private const long UpdateWindowTicks = 244 * TimeSpan.TicksPerMicrosecond;

    private static readonly RegisterMap<RtcRegister> Map = new(
        PlatformPorts.RtcLength,
        new(RtcRegister.Index, 0, 1, RegisterAccess.Write),
        new(RtcRegister.Data, 1, 1, RegisterAccess.ReadWrite));

    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly IDeviceLog log;

    // While SET is on, also the time that stands still; otherwise the time bytes mean nothing.
    private readonly byte[] bytes = new byte[Length];
    private long offsetTicks;
    private byte index;

    /// <param name="clock">The host's clock.</param>
    /// <param name="lowMemory">Bytes of RAM below 4 GiB.</param>
    /// <param name="highMemory">Bytes of RAM above 4 GiB.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public RtcDevice(TimeProvider clock, ulong lowMemory, ulong highMemory, IDeviceLog log)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(log);
        this.clock = clock;
        this.log = log;
        bytes[A] = ADefault;
        bytes[B] = B24Hour;
        DescribeMemory(lowMemory, highMemory);
    }

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data) => Map.Read(this, offset, data);

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => Map.Write(this, offset, data);

    /// <summary>What the chip's reset pin does: interrupts off, nothing else. A set that was under way ends without effect.</summary>
    public void Reset()
    {
        lock (gate)
        {
            index = 0;
            bytes[B] = (byte)(bytes[B] & ~(BEnables | BSet) & 0xff);
        }
    }

    /// <summary>
    /// As ASL:
    /// <code>
    /// Scope (\_SB) {
    ///   Device (RTC) {
    ///     Name (_HID, EisaId ("PNP0B00"))
    ///     Name (_CRS, ResourceTemplate () { IO (Decode16, 0x0070, 0x0070, 1, 2) })
    ///   }
    /// }
    /// </code>
    /// </summary>
    public IEnumerable<AmlTerm> DescribeAml()
    {
        yield return Aml.Scope(
            @"\_SB",
            Aml.Device(
                "RTC_",
                Aml.Name("_HID", Aml.EisaId("PNP0B00")),
                Aml.Name("_CRS", Aml.ResourceTemplate(
                    Resource.Io(PlatformPorts.Rtc, PlatformPorts.Rtc, 1, (byte)PlatformPorts.RtcLength)))));
    }

    ulong IRegisterFile<RtcRegister>.ReadRegister(RtcRegister register)
    {
        long now = clock.GetUtcNow().UtcTicks;
        lock (gate)
        {
            return ReadByte(now);
        }
    }

    void IRegisterFile<RtcRegister>.WriteRegister(RtcRegister register, ulong value)
    {
        byte written = (byte)value;
        long now = clock.GetUtcNow().UtcTicks;
        bool understood = true;
        lock (gate)
        {
            if (register == RtcRegister.Index)
            {
                index = (byte)(written & (Length - 1));
            }
            else
            {
                understood = WriteByte(written, now);
            }
        }

        if (!understood)
        {
            log.GuestError(Name, "clock set to a time that doesn't exist");
        }
    }

    private bool IsStopped => (bytes[B] & BSet) != 0;

    private byte ReadByte(long now)
    {
        switch (index)
        {
            case A:
                bool updating = !IsStopped
                    && GuestTime(now).Ticks % TimeSpan.TicksPerSecond >= TimeSpan.TicksPerSecond - UpdateWindowTicks;
                return updating ? (byte)(bytes[A] | AUpdateInProgress) : bytes[A];
            case C:
                return 0;
            case D:
                return DValid;
            default:
                return RtcCalendar.IsTime(index) && !IsStopped
                    ? RtcCalendar.Encode(GuestTime(now), index, bytes[B])
                    : bytes[index];
        }
    }

    // False when the time that results doesn't exist; the clock then goes on as before.
    private bool WriteByte(byte value, long now)
    {
        switch (index)
        {
            case A:
                bytes[A] = (byte)(value & ~AUpdateInProgress & 0xff);
                return true;
            case B:
                return WriteControl(value, now);
            case C or D:
                return true;
            default:
                if (!RtcCalendar.IsTime(index) || IsStopped)
                {
                    bytes[index] = value;
                    return true;
                }

                Freeze(now);
                bytes[index] = value;

                // The second under way goes on, as it does in the chip.
                return TrySet(now - (GuestTime(now).Ticks % TimeSpan.TicksPerSecond));
        }
    }

    private bool WriteControl(byte value, long now)
    {
        bool wasStopped = IsStopped;
        if (!wasStopped && (value & BSet) != 0)
        {
            Freeze(now);
        }

        bytes[B] = value;
        return !wasStopped || IsStopped || TrySet(now);
    }

    private void Freeze(long now)
    {
        DateTime time = GuestTime(now);
        for (int i = 0; i < Length; i++)
        {
            if (RtcCalendar.IsTime(i))
            {
                bytes[i] = RtcCalendar.Encode(time, i, bytes[B]);
            }
        }
    }

    // The time in the bytes begins at the host's time `now`.
    private bool TrySet(long now)
    {
        if (!RtcCalendar.TryDecode(bytes, bytes[B], out DateTime time))
        {
            return false;
        }

        offsetTicks = time.Ticks - now;
        return true;
    }

    // Guest-controlled: the offset can carry the sum out of the calendar.
    private DateTime GuestTime(long now) =>
        new(Math.Clamp(now + offsetTicks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), DateTimeKind.Utc);

    private void DescribeMemory(ulong lowMemory, ulong highMemory)
    {
        const ulong Kilobyte = 1024;
        const ulong Chunk = 64 * Kilobyte;
        const ulong FirstMegabyte = 1024 * Kilobyte;
        const ulong Sixteenth = 16 * FirstMegabyte;
        ulong baseMemory = Math.Min(lowMemory / Kilobyte, 640);
        ulong extended = Math.Min((Math.Max(lowMemory, FirstMegabyte) - FirstMegabyte) / Kilobyte, ushort.MaxValue);
        ulong above16M = Math.Min((Math.Max(lowMemory, Sixteenth) - Sixteenth) / Chunk, ushort.MaxValue);
        ulong above4G = Math.Min(highMemory / Chunk, 0xff_ffff);
        PutWord(BaseMemory, baseMemory);
        PutWord(ExtendedMemory, extended);
        PutWord(ExtendedMemoryCopy, extended);
        PutWord(MemoryAbove16M, above16M);
        PutWord(MemoryAbove4G, above4G & 0xffff);
        bytes[MemoryAbove4G + 2] = (byte)(above4G >> 16);
    }

    private void PutWord(int at, ulong value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)value);
}
