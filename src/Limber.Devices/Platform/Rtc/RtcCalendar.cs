using System;
using static Limber.Devices.Platform.Rtc.RtcRegisters;

namespace Limber.Devices.Platform.Rtc;

/// <summary>Times as the clock's bytes, in the format that register B selects.</summary>
internal static class RtcCalendar
{
    /// <summary>True for the bytes that tell the time.</summary>
    public static bool IsTime(int index) =>
        index is Seconds or Minutes or Hours or Weekday or Day or Month or Year or Century;

    /// <summary>One byte of a time.</summary>
    public static byte Encode(DateTime time, int index, byte format)
    {
        if (index == Hours)
        {
            return EncodeHours(time.Hour, format);
        }

        int value = index switch
        {
            Seconds => time.Second,
            Minutes => time.Minute,
            Weekday => (int)time.DayOfWeek + 1,
            Day => time.Day,
            Month => time.Month,
            Year => time.Year % 100,
            _ => time.Year / 100,
        };
        return EncodeNumber(value, format);
    }

    /// <summary>
    /// The time that the bytes tell, without fractions of a second; false when there is no such time. The day of the week
    /// follows from the date and is not looked at.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, byte format, out DateTime time)
    {
        time = default;
        int year = (100 * DecodeNumber(bytes[Century], format)) + DecodeNumber(bytes[Year], format);
        int month = DecodeNumber(bytes[Month], format);
        int day = DecodeNumber(bytes[Day], format);
        int hour = DecodeHours(bytes[Hours], format);
        int minute = DecodeNumber(bytes[Minutes], format);
        int second = DecodeNumber(bytes[Seconds], format);
        if (DecodeNumber(bytes[Year], format) > 99 || year is < 1 or > 9999 || month is < 1 or > 12)
        {
            return false;
        }

        if (day < 1 || day > DateTime.DaysInMonth(year, month) || hour is < 0 or > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        time = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        return true;
    }

    private static byte EncodeHours(int hour, byte format)
    {
        if ((format & B24Hour) != 0)
        {
            return EncodeNumber(hour, format);
        }

        // Noon and midnight are 12.
        byte twelve = EncodeNumber(((hour + 11) % 12) + 1, format);
        return hour >= 12 ? (byte)(twelve | HoursPm) : twelve;
    }

    private static int DecodeHours(byte value, byte format)
    {
        if ((format & B24Hour) != 0)
        {
            return DecodeNumber(value, format);
        }

        int twelve = DecodeNumber((byte)(value & ~HoursPm & 0xff), format);
        if (twelve is < 1 or > 12)
        {
            return -1;
        }

        return (twelve % 12) + ((value & HoursPm) != 0 ? 12 : 0);
    }

    private static byte EncodeNumber(int value, byte format) =>
        (format & BBinary) != 0 ? (byte)value : (byte)(((value / 10) << 4) | (value % 10));

    // Guest-controlled: digits above 9 are taken at their face value and fail the caller's limits, or mean what they add up to.
    private static int DecodeNumber(byte value, byte format) =>
        (format & BBinary) != 0 ? value : ((value >> 4) * 10) + (value & 0x0f);
}
