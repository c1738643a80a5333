using System;
using Limber.Devices.Platform.Rtc;
using Limber.Devices.Tests.Fakes;

namespace Limber.Devices.Tests.Platform;

public sealed class RtcDeviceTests
{
    private readonly FakeLog log = new();

    [Fact]
    public void Read_DefaultFormat_IsBcd24HourUtc()
    {
        RtcDevice rtc = Create(new FakeClock(Utc(2024, 2, 29, 23, 58, 59)));
        Assert.Equal([0x59, 0x58, 0x23, 0x05, 0x29, 0x02, 0x24, 0x20], ReadTime(rtc));
        Assert.Equal(0x80, Get(rtc, 0x0d));
        Assert.Equal(0x26, Get(rtc, 0x0a));
    }

    [Fact]
    public void Read_Binary_IsBinary()
    {
        RtcDevice rtc = Create(new FakeClock(Utc(1999, 12, 31, 23, 59, 58)));
        Set(rtc, 0x0b, 0x06);
        Assert.Equal([58, 59, 23, 6, 31, 12, 99, 19], ReadTime(rtc));
    }

    [Theory]
    [InlineData(0, 0x12)]
    [InlineData(1, 0x01)]
    [InlineData(11, 0x11)]
    [InlineData(12, 0x92)]
    [InlineData(13, 0x81)]
    [InlineData(23, 0x91)]
    public void Hours_TwelveHourMode_ReadAndSet(int hour, int register)
    {
        var clock = new FakeClock(Utc(2025, 6, 1, hour, 0, 0));
        RtcDevice rtc = Create(clock);
        Set(rtc, 0x0b, 0x00);
        Assert.Equal(register, Get(rtc, 0x04));

        // The mode that counts is the one in force when SET falls.
        RtcDevice other = Create(new FakeClock(Utc(2025, 6, 1, 5, 0, 0)));
        Set(other, 0x0b, 0x80);
        Set(other, 0x04, register);
        Set(other, 0x0b, 0x00);
        Set(other, 0x0b, 0x02);
        Assert.Equal(((hour / 10) << 4) | (hour % 10), Get(other, 0x04));
    }

    [Fact]
    public void Clock_RollsOverCenturyAndLeapDay()
    {
        var clock = new FakeClock(Utc(1999, 12, 31, 23, 59, 59));
        RtcDevice rtc = Create(clock);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([0x00, 0x00, 0x00, 0x07, 0x01, 0x01, 0x00, 0x20], ReadTime(rtc));

        // 2000 is a leap year: 31 + 28 days later it is 29 February.
        clock.Advance(TimeSpan.FromDays(59));
        Assert.Equal([0x00, 0x00, 0x00, 0x03, 0x29, 0x02, 0x00, 0x20], ReadTime(rtc));
    }

    [Fact]
    public void Set_AsLinuxDoes_IsKeptAsOffsetAndSurvivesReset()
    {
        var clock = new FakeClock(Utc(2024, 1, 1, 0, 0, 0));
        RtcDevice rtc = Create(clock);
        Set(rtc, 0x0b, 0x82);
        Set(rtc, 0x0a, 0x76);
        Set(rtc, 0x09, 0x31);
        Set(rtc, 0x08, 0x12);
        Set(rtc, 0x07, 0x30);
        Set(rtc, 0x04, 0x10);
        Set(rtc, 0x02, 0x20);
        Set(rtc, 0x00, 0x30);
        Set(rtc, 0x32, 0x21);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0x30, Get(rtc, 0x00));
        Set(rtc, 0x0b, 0x02);
        Set(rtc, 0x0a, 0x26);
        clock.Advance(TimeSpan.FromSeconds(40));
        rtc.Reset();

        Assert.Equal([0x10, 0x21, 0x10, 0x01, 0x30, 0x12, 0x31, 0x21], ReadTime(rtc));
        Assert.Equal(0, log.Count);
    }

    [Fact]
    public void Set_ImpossibleDate_IsCountedAndClockGoesOn()
    {
        RtcDevice rtc = Create(new FakeClock(Utc(2023, 1, 31, 0, 0, 0)));
        Set(rtc, 0x0b, 0x82);
        Set(rtc, 0x08, 0x02);
        Set(rtc, 0x0b, 0x02);

        Assert.Equal(1, log.Count);
        Assert.Equal(0x01, Get(rtc, 0x08));
    }

    [Fact]
    public void Set_EndOfCalendar_NeverThrows()
    {
        var clock = new FakeClock(Utc(2024, 1, 1, 0, 0, 0));
        RtcDevice rtc = Create(clock);
        Set(rtc, 0x0b, 0x82);
        Set(rtc, 0x32, 0x99);
        Set(rtc, 0x09, 0x99);
        Set(rtc, 0x08, 0x12);
        Set(rtc, 0x07, 0x31);
        Set(rtc, 0x0b, 0x02);
        clock.Advance(TimeSpan.FromDays(1000));

        Assert.Equal(0x99, Get(rtc, 0x09));
        Assert.Equal(0x99, Get(rtc, 0x32));
    }

    [Fact]
    public void Set_RunningClock_KeepsTheFraction()
    {
        var clock = new FakeClock(Utc(2024, 1, 1, 0, 0, 0) + TimeSpan.FromMilliseconds(900));
        RtcDevice rtc = Create(clock);
        Set(rtc, 0x02, 0x30);
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(0x30, Get(rtc, 0x02));
        Assert.Equal(0x01, Get(rtc, 0x00));
    }

    [Fact]
    public void UpdateInProgress_RisesBeforeTheSecondChanges()
    {
        var clock = new FakeClock(Utc(2024, 1, 1, 0, 0, 0));
        RtcDevice rtc = Create(clock);
        clock.Advance(TimeSpan.FromMicroseconds(999_755));
        Assert.Equal(0x26, Get(rtc, 0x0a));
        clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(0xa6, Get(rtc, 0x0a));
        Assert.Equal(0x00, Get(rtc, 0x00));
        clock.Advance(TimeSpan.FromMicroseconds(244));
        Assert.Equal(0x26, Get(rtc, 0x0a));
        Assert.Equal(0x01, Get(rtc, 0x00));
    }

    [Fact]
    public void Memory_SizesAndStorage()
    {
        RtcDevice rtc = Create(new FakeClock(Utc(2024, 1, 1, 0, 0, 0)));
        Assert.Equal(640, Get(rtc, 0x15) | (Get(rtc, 0x16) << 8));
        Assert.Equal(0xffff, Get(rtc, 0x17) | (Get(rtc, 0x18) << 8));
        Assert.Equal(0xffff, Get(rtc, 0x30) | (Get(rtc, 0x31) << 8));
        Assert.Equal((1024 - 16) * 16, Get(rtc, 0x34) | (Get(rtc, 0x35) << 8));
        Assert.Equal(5 * 16 * 1024, Get(rtc, 0x5b) | (Get(rtc, 0x5c) << 8) | (Get(rtc, 0x5d) << 16));
        Set(rtc, 0x8f, 0x0a);
        Assert.Equal(0x0a, Get(rtc, 0x0f));
    }

    private static DateTime Utc(int year, int month, int day, int hour, int minute, int second) =>
        new(year, month, day, hour, minute, second, DateTimeKind.Utc);

    private static int Get(RtcDevice rtc, int index)
    {
        rtc.Out8(0, index);
        return rtc.In8(1);
    }

    private static void Set(RtcDevice rtc, int index, int value)
    {
        rtc.Out8(0, index);
        rtc.Out8(1, value);
    }

    private static int[] ReadTime(RtcDevice rtc) =>
        Array.ConvertAll([0x00, 0x02, 0x04, 0x06, 0x07, 0x08, 0x09, 0x32], index => Get(rtc, index));

    private RtcDevice Create(FakeClock clock) => new(clock, 1UL << 30, 5UL << 30, log);
}
