using System;
using System.Linq;
using Limber.Devices.Platform.AcpiPm;
using Limber.Devices.Platform.I8042;
using Limber.Devices.Platform.Rtc;
using Limber.Devices.Platform.Serial;
using Limber.Devices.Tests.Fakes;

namespace Limber.Devices.Tests.Platform;

/// <summary>Everything by which a guest ends itself, and the timer beside it.</summary>
public sealed class PowerTests
{
    private readonly FakePower power = new();
    private readonly FakeLog log = new();

    [Fact]
    public void Keyboard_PulseCommands_ResetWhenBit0IsLow()
    {
        var keyboard = new KeyboardController(power);
        for (int command = 0; command <= 0xff; command++)
        {
            int before = power.Resets;
            keyboard.Out8(4, command);
            Assert.Equal(command >= 0xf0 && (command & 1) == 0 ? 1 : 0, power.Resets - before);
        }
    }

    [Fact]
    public void Keyboard_OutputPort_ResetsWhenBit0IsLow()
    {
        var keyboard = new KeyboardController(power);
        keyboard.Out8(4, 0xd1);
        keyboard.Out8(0, 0x03);
        Assert.Equal(0, power.Resets);
        keyboard.Out8(4, 0xd1);
        keyboard.Out8(0, 0xfe);
        Assert.Equal(1, power.Resets);
        keyboard.Out8(0, 0xfe);
        Assert.Equal(1, power.Resets);
    }

    [Theory]
    [InlineData(0xaa, 0x55)]
    [InlineData(0xab, 0x01)]
    [InlineData(0xa9, 0x01)]
    [InlineData(0x20, 0x34)]
    [InlineData(0xd0, 0x03)]
    public void Keyboard_Probe_IsAnsweredAtOnce(int command, int answer)
    {
        var keyboard = new KeyboardController(power);
        Assert.Equal(0, keyboard.In8(4) & 0x03);
        keyboard.Out8(4, command);
        Assert.Equal(0x01, keyboard.In8(4) & 0x03);
        Assert.Equal(answer, keyboard.In8(0));
        Assert.Equal(0, keyboard.In8(4) & 0x03);
    }

    [Fact]
    public void Keyboard_AuxiliaryLoop_AnswersWithoutTheMousesMark()
    {
        var keyboard = new KeyboardController(power);
        keyboard.Out8(4, 0xd3);
        keyboard.Out8(0, 0x5a);
        Assert.Equal(0x01, keyboard.In8(4) & 0x21);
        keyboard.In8(0);
        keyboard.Out8(0, 0xf2);
        Assert.Equal(0x00, keyboard.In8(4) & 0x01);
    }

    [Fact]
    public void SystemControlPort_RisingBit0_Resets()
    {
        var port = new SystemControlPort(power);
        port.Out8(0, 0x02);
        Assert.Equal(0, power.Resets);
        port.Out8(0, 0x01);
        port.Out8(0, 0x01);
        Assert.Equal(1, power.Resets);
    }

    [Fact]
    public void Sleep_S5WithEnable_PowersOffAndOthersAreCounted()
    {
        var sleep = new AcpiSleepDevice(power, log);
        for (int type = 0; type < 8; type++)
        {
            sleep.Out8(0, type << 2);
            Assert.Equal(type << 2, sleep.In8(0));
            sleep.Out8(0, (type << 2) | 0x20);
            Assert.Equal(type << 2, sleep.In8(0));
        }

        Assert.Equal(1, power.PowerOffs);
        Assert.Equal(7, log.Count);
    }

    [Fact]
    public void Sleep_StatusIsZeroAndResetNeedsItsValue()
    {
        var sleep = new AcpiSleepDevice(power, log);
        sleep.Out8(1, 0x80);
        Assert.Equal(0, sleep.In8(1));
        sleep.Out8(2, 0x06);
        Assert.Equal(0, power.Resets);
        Assert.Equal(1, log.Count);
        sleep.Out8(2, AcpiSleepDevice.ResetValue);
        Assert.Equal(1, power.Resets);
    }

    [Fact]
    public void PmTimer_Rate_IsExactOverADayAndWraps()
    {
        var clock = new FakeClock(DateTime.UnixEpoch);
        var timer = new AcpiPmTimer(clock);
        Assert.Equal(0u, timer.In32(0));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3_579_545u, timer.In32(0));
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(5_369_317u, timer.In32(0));
        clock.Advance(TimeSpan.FromSeconds(86_400) - TimeSpan.FromMilliseconds(1500));
        Assert.Equal(unchecked((uint)(86_400L * 3_579_545)), timer.In32(0));
    }

    [Fact]
    public void PmTimer_IsMonotonicAndIgnoresAClockThatSteppedBack()
    {
        var clock = new FakeClock(DateTime.UnixEpoch);
        var timer = new AcpiPmTimer(clock);
        uint last = 0;
        for (int i = 0; i < 10_000; i++)
        {
            clock.Advance(TimeSpan.FromTicks(7));
            uint now = timer.In32(0);
            Assert.True(now >= last);
            last = now;
        }

        clock.SetTimestamp(0);
        Assert.Equal(0u, timer.In32(0));
    }

    [Fact]
    public void Aml_OfEveryDevice_Encodes()
    {
        var serial = new SerialDevice(1, new FakeLine(), new FakeBackend(), log);
        var rtc = new RtcDevice(new FakeClock(DateTime.UnixEpoch), 0, 0, log);
        byte[] s5 = Assert.Single(new AcpiSleepDevice(power, log).DescribeAml()).ToBytes();

        // Name (\_S5, Package (4) { 5, 0, 0, 0 })
        Assert.Equal([0x08, 0x5c, 0x5f, 0x53, 0x35, 0x5f, 0x12, 0x07, 0x04, 0x0a, 0x05, 0x00, 0x00, 0x00], s5);
        byte[] com2 = Assert.Single(serial.DescribeAml()).ToBytes();

        // IO (Decode16, 0x02F8, 0x02F8, 1, 8), then IRQNoFlags () { 3 }
        Assert.True(com2.AsSpan().IndexOf<byte>([0x47, 0x01, 0xf8, 0x02, 0xf8, 0x02, 0x01, 0x08, 0x22, 0x08, 0x00, 0x79]) > 0);
        Assert.True(com2.AsSpan().IndexOf("COM2"u8) > 0);
        byte[] clock = Assert.Single(rtc.DescribeAml()).ToBytes();
        Assert.True(clock.AsSpan().IndexOf<byte>([0x47, 0x01, 0x70, 0x00, 0x70, 0x00, 0x01, 0x02, 0x79]) > 0);
    }
}
