using System;
using System.Collections.Generic;
using Limber.Device;
using Limber.Devices.Platform;
using Limber.Devices.Platform.AcpiPm;
using Limber.Devices.Platform.DebugPort;
using Limber.Devices.Platform.I8042;
using Limber.Devices.Platform.Rtc;
using Limber.Devices.Platform.Serial;
using Limber.Devices.Tests.Fakes;

namespace Limber.Devices.Tests.Platform;

public sealed class SerialConformanceTests : DeviceConformance
{
    private readonly FakeBackend backend = new();

    protected override int Length => 8;

    protected override IIoDevice Create() => new SerialDevice(0, new FakeLine(), backend, new FakeLog());

    private protected override void Poke(IIoDevice device, Random random)
    {
        var serial = (SerialDevice)device;
        switch (random.Next(16))
        {
            case 0:
                serial.Receive(new byte[Math.Min(serial.ReceiveCapacity, random.Next(64))]);
                break;
            case 1:
                backend.Room = random.Next(8);
                break;
            case 2:
                backend.Room = 32;
                serial.OutputDrained();
                break;
        }

        if (backend.Count > 1000)
        {
            backend.Forget();
        }
    }
}

public sealed class RtcConformanceTests : DeviceConformance
{
    protected override int Length => PlatformPorts.RtcLength;

    protected override IIoDevice Create() => new RtcDevice(
        new FakeClock(new DateTime(2024, 2, 29, 13, 14, 15, DateTimeKind.Utc)), 1UL << 30, 1UL << 32, new FakeLog());

    // Memory and time are behind a battery and survive; the control bits must not.
    protected override void Disturb(IIoDevice device)
    {
        device.Out8(0, 0x0b);
        device.Out8(1, 0xfa);
    }

    protected override byte[] Observe(IIoDevice device)
    {
        var seen = new List<byte> { device.In8(1) };
        for (int index = 0; index < 128; index++)
        {
            device.Out8(0, index);
            seen.Add(device.In8(1));
        }

        return [.. seen];
    }
}

public sealed class KeyboardConformanceTests : DeviceConformance
{
    protected override int Length => KeyboardController.PortCount;

    protected override IIoDevice Create() => new KeyboardController(new FakePower());

    protected override void Disturb(IIoDevice device)
    {
        device.Out8(4, 0x60);
        device.Out8(0, 0x77);
        device.Out8(4, 0x20);
    }

    protected override byte[] Observe(IIoDevice device)
    {
        var seen = new List<byte> { device.In8(4), device.In8(0) };
        device.Out8(4, 0x20);
        seen.Add(device.In8(0));
        device.Out8(4, 0xd0);
        seen.Add(device.In8(0));
        return [.. seen];
    }
}

public sealed class SystemControlPortConformanceTests : DeviceConformance
{
    protected override int Length => 1;

    protected override IIoDevice Create() => new SystemControlPort(new FakePower());
}

public sealed class AcpiSleepConformanceTests : DeviceConformance
{
    protected override int Length => AcpiSleepDevice.PortCount;

    protected override IIoDevice Create() => new AcpiSleepDevice(new FakePower(), new FakeLog());
}

public sealed class AcpiPmTimerConformanceTests : DeviceConformance
{
    protected override int Length => AcpiPmTimer.PortCount;

    protected override IIoDevice Create() => new AcpiPmTimer(new FakeClock(DateTime.UnixEpoch));
}

public sealed class PostCodePortConformanceTests : DeviceConformance
{
    protected override int Length => 1;

    protected override IIoDevice Create() => new PostCodePort();
}
