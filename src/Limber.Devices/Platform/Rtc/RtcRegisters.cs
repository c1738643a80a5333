namespace Limber.Devices.Platform.Rtc;

/// <summary>
/// The bytes behind the clock. Sources: MC146818A data sheet (Motorola, 1984); the memory sizes and the century are where
/// PC firmware puts them.
/// <code>
/// 00 seconds   02 minutes   04 hours   06 day of week, 1 = Sunday   07 day   08 month   09 year in century
/// 01 03 05 alarm            0a A   0b B   0c C   0d D               0e-7f memory
/// 0f shutdown status        15-16 KiB below 640 KiB                 17-18, 30-31 KiB above 1 MiB, up to 65535
/// 32 century                34-35 64 KiB above 16 MiB               5b-5d 64 KiB above 4 GiB
/// </code>
/// </summary>
internal static class RtcRegisters
{
    public const int Length = 128;

    public const byte Seconds = 0x00;
    public const byte SecondsAlarm = 0x01;
    public const byte Minutes = 0x02;
    public const byte MinutesAlarm = 0x03;
    public const byte Hours = 0x04;
    public const byte HoursAlarm = 0x05;
    public const byte Weekday = 0x06;
    public const byte Day = 0x07;
    public const byte Month = 0x08;
    public const byte Year = 0x09;
    public const byte A = 0x0a;
    public const byte B = 0x0b;
    public const byte C = 0x0c;
    public const byte D = 0x0d;
    public const byte BaseMemory = 0x15;
    public const byte ExtendedMemory = 0x17;
    public const byte ExtendedMemoryCopy = 0x30;
    public const byte Century = 0x32;
    public const byte MemoryAbove16M = 0x34;
    public const byte MemoryAbove4G = 0x5b;

    public const byte AUpdateInProgress = 0x80;

    /// <summary>32768 Hz time base, 1024 Hz periodic rate.</summary>
    public const byte ADefault = 0x26;

    /// <summary>Updates are stopped and the guest sets the clock.</summary>
    public const byte BSet = 0x80;

    /// <summary>Periodic, alarm and update interrupt enables, and the square wave: stored without effect.</summary>
    public const byte BEnables = 0x78;

    /// <summary>Binary instead of BCD.</summary>
    public const byte BBinary = 0x04;

    /// <summary>24 hours instead of 12.</summary>
    public const byte B24Hour = 0x02;

    public const byte DValid = 0x80;

    /// <summary>In 12-hour mode.</summary>
    public const byte HoursPm = 0x80;
}
