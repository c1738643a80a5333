using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Ports;
using Limber.VirtioConsole.Tests.Fakes;

namespace Limber.VirtioConsole.Tests;

public sealed class PortTests : IDisposable
{
    private const string Agent = "org.qemu.guest_agent.0";
    private readonly RecordingBackend backend = new();
    private readonly VirtioRig rig = PortDriver.StartRig();
    private readonly PortDriver driver;

    public PortTests() => driver = new PortDriver(rig);

    private ConsoleDevice Device => (ConsoleDevice)rig.Device;

    public void Dispose() => rig.Dispose();

    [Fact]
    public void Registers_HaveQueuesForAllPorts()
    {
        Assert.Equal(10, rig.Registers.QueueCount);
        Assert.Equal(ConsoleFeatures.Multiport | ConsoleFeatures.EmergencyWrite, rig.Registers.DeviceFeatures & 0xff_ffff);
    }

    [Fact]
    public void Console_IsAnnouncedWithEverything()
    {
        ConsolePort port = Device.AddPort(new(backend) { IsConsole = true, Size = new TerminalSize(80, 25) });

        Assert.Equal(["0 DeviceAdd 1", "0 ConsolePort 1", "0 Resize 0 25x80", "0 PortOpen 1"], driver.Open(port));
        Eventually.Holds(() => port.IsGuestOpen, "an open port");
    }

    [Fact]
    public void NamedPort_IsAnnouncedWithItsName()
    {
        ConsolePort port = Device.AddPort(new(backend) { Name = Agent });
        backend.Start(port);

        Assert.Equal(1, port.Number);
        Assert.Equal(["1 DeviceAdd 1", $"1 PortName 1 {Agent}", "1 PortOpen 1"], driver.Open(port));
    }

    [Fact]
    public void NamedPort_CarriesBytesOnItsOwnQueues()
    {
        ConsolePort port = Device.AddPort(new(backend) { Number = 3, Name = Agent });
        backend.Start(port);
        driver.Open(port);
        DriverBuffer buffer = rig.Buffer(40, true);
        rig.Submit(8, buffer);
        port.Receive("{\"execute\":\"guest-ping\"}\n"u8);
        rig.Submit(9, rig.Filled("{\"return\": {}}\n"u8.ToArray()));
        rig.Reap(9);

        Assert.Equal(25u, rig.Reap(8).Written);
        Assert.Equal("{\"execute\":\"guest-ping\"}\n", Encoding.ASCII.GetString(rig.Memory.Read(buffer.Address, 25)));
        Assert.Equal("{\"return\": {}}\n", backend.Text);
    }

    [Fact]
    public void GuestOpensAndCloses_OwnerHears_AndInputWaits()
    {
        List<bool> states = [];
        ConsolePort port = Device.AddPort(new(backend) { Name = Agent });
        backend.Start(port);
        port.GuestOpenChanged += p => states.Add(p.IsGuestOpen);
        driver.Open(port);
        Eventually.Holds(() => port.ReceiveCapacity == PortInput.Capacity, "capacity");

        driver.Say(1, ControlEvent.PortOpen, 0);
        Assert.Equal(0, port.ReceiveCapacity);
        driver.Say(1, ControlEvent.PortOpen, 1);

        Assert.Equal([true, false, true], states);
        Assert.Equal(2, backend.Resumes);
    }

    [Fact]
    public void HostConnection_IsTold_WhenItChanges()
    {
        ConsolePort port = Device.AddPort(new(backend) { Name = Agent });
        driver.Open(port);

        backend.Connect(false);
        Assert.Equal("1 PortOpen 0", driver.Hear());
        backend.Connect(true);
        Assert.Equal("1 PortOpen 1", driver.Hear());
    }

    [Fact]
    public void Port_AddedToARunningGuest_IsAnnounced_AndRemovedAgain()
    {
        driver.Say(uint.MaxValue, ControlEvent.DeviceReady, 1);
        Assert.True(driver.HearsNothing());
        ConsolePort port = Device.AddPort(new(backend) { Name = Agent });
        Assert.Equal("1 DeviceAdd 1", driver.Hear());
        driver.Say(1, ControlEvent.PortReady, 1);
        Assert.Equal($"1 PortName 1 {Agent}", driver.Hear());
        Assert.Equal("1 PortOpen 1", driver.Hear());
        driver.Say(1, ControlEvent.PortOpen, 1);
        bool? open = null;
        port.GuestOpenChanged += p => open = p.IsGuestOpen;

        Device.RemovePort(port);

        Assert.Equal("1 DeviceRemove 1", driver.Hear());
        Assert.False(open);
        Assert.Null(Device.GetPort(1));
        Assert.Equal(0, port.ReceiveCapacity);
        port.Receive("late"u8);
        port.OutputDrained();
        Device.AddPort(new(backend) { Name = Agent });
        Assert.Equal("1 DeviceAdd 1", driver.Hear());
        Assert.Throws<ArgumentException>(() => Device.RemovePort(port));
    }

    [Fact]
    public void Port_RemovedWithOutputStuck_GivesTheGuestItsBufferBack()
    {
        ConsolePort port = Device.AddPort(new(backend) { Name = Agent });
        backend.Start(port);
        driver.Open(port);
        backend.Room = 0;
        rig.Submit(5, rig.Filled(1, 2, 3));
        rig.OnLoop(() => { });
        Assert.False(rig[5].TryReap(out _, out _));

        Device.RemovePort(port);
        rig.Reap(5);
        rig.Submit(5, rig.Filled(4));
        rig.Reap(5);

        Assert.Empty(backend.Received);
    }

    [Fact]
    public void Port_RemovedAndAddedBeforeTheGuestListens_IsHeardInOrder()
    {
        using VirtioRig deaf = PortDriver.StartRig();
        var device = (ConsoleDevice)deaf.Device;
        var late = new PortDriver(deaf, buffers: 1);
        late.Say(0, ControlEvent.DeviceReady, 1);
        ConsolePort first = device.AddPort(new(backend) { Name = "a" });
        Assert.Equal("1 DeviceAdd 1", late.Hear());
        device.RemovePort(first);
        device.AddPort(new(backend) { Name = "b" });
        late.Listen();
        Assert.Equal("1 DeviceRemove 1", late.Hear());
        late.Listen();

        Assert.Equal("1 DeviceAdd 1", late.Hear());
    }

    [Fact]
    public void DriverThatAsksForEverAndNeverListens_MakesNothingGrow()
    {
        using VirtioRig deaf = PortDriver.StartRig();
        ((ConsoleDevice)deaf.Device).AddPort(new(backend) { Name = "a" });
        var late = new PortDriver(deaf, buffers: 0);
        for (int i = 0; i < 500; i++)
        {
            late.Say(0, ControlEvent.DeviceReady, 1);
            deaf.Memory.Forget();
        }

        deaf.ResetAsDriver();
        Assert.Equal(0, deaf.Faults);
    }

    [Fact]
    public void Reset_ForgetsThePortsState_ButNotThePorts()
    {
        ConsolePort port = Device.AddPort(new(backend) { Name = Agent });
        driver.Open(port);
        rig.ResetAsDriver();
        Assert.False(port.IsGuestOpen);

        rig.Start(ConsoleFeatures.Multiport);

        Assert.Equal(["1 DeviceAdd 1", $"1 PortName 1 {Agent}", "1 PortOpen 1"], new PortDriver(rig).Open(port));
    }

    [Fact]
    public void DriverWithoutMultiport_HasPort0Alone()
    {
        rig.ResetAsDriver();
        ConsolePort console = Device.AddPort(new(backend) { IsConsole = true });
        backend.Start(console);
        rig.Start(0);
        rig.Submit(1, rig.Filled("hvc0"u8.ToArray()));
        rig.Reap(1);

        Assert.True(console.IsGuestOpen);
        Assert.Equal("hvc0", backend.Text);
    }

    [Theory]
    [InlineData(7u, ControlEvent.PortReady, 1, "control message for a port that is not there")]
    [InlineData(1u, ControlEvent.PortOpen, 1, "port opened before it was ready")]
    [InlineData(1u, ControlEvent.PortReady, 0, "driver can't use a port")]
    [InlineData(1u, ControlEvent.Resize, 1, "control message with an event that is not the driver's")]
    [InlineData(1u, (ControlEvent)77, 1, "control message with an event that is not the driver's")]
    [InlineData(0u, ControlEvent.DeviceReady, 0, "driver can't use the device's ports")]
    internal void DriversNonsense_IsCounted(uint port, ControlEvent kind, ushort value, string oddity)
    {
        Device.AddPort(new(backend) { Name = Agent });
        driver.Say(0, ControlEvent.DeviceReady, 1);
        driver.Hear();

        driver.Say(port, kind, value);

        Assert.Equal([oddity], rig.Log.Oddities);
    }

    [Fact]
    public void ControlBufferTooSmallForAName_IsCounted()
    {
        using VirtioRig small = PortDriver.StartRig();
        ((ConsoleDevice)small.Device).AddPort(new(backend) { Name = new string('n', 255) });
        var narrow = new PortDriver(small, buffers: 1);
        narrow.Say(0, ControlEvent.DeviceReady, 1);
        narrow.Hear();
        small.Submit(ConsoleQueues.ControlReceive, small.Buffer(262, true));
        narrow.Say(1, ControlEvent.PortReady, 1);

        Assert.Equal(0u, small.Reap(ConsoleQueues.ControlReceive).Written);
        Assert.Equal(["control receive buffer too small"], small.Log.Oddities);
    }

    [Fact]
    public void Places_AreChecked()
    {
        Assert.Throws<ArgumentException>(() => Device.AddPort(new(backend) { Number = 0, Name = "x" }));
        Assert.Throws<ArgumentException>(() => Device.AddPort(new(backend) { Number = 4 }));
        Assert.Throws<ArgumentException>(() => Device.AddPort(new(backend) { Name = new string('x', 256) }));
        Assert.Throws<ArgumentException>(() => Device.AddPort(new(backend) { Name = "" }));
        Device.AddPort(new(backend) { Number = 2, Name = "x" });
        Assert.Contains("taken", Assert.Throws<ArgumentException>(() => Device.AddPort(new(backend) { Number = 2 })).Message);
        Assert.Contains("the name x", Assert.Throws<ArgumentException>(() => Device.AddPort(new(backend) { Name = "x" })).Message);
        Assert.Equal([1, 3], Enumerable.Range(0, 2).Select(_ => Device.AddPort(new(backend)).Number));
        Assert.Contains("no free port", Assert.Throws<InvalidOperationException>(() => Device.AddPort(new(backend))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConsoleDevice(rig.Context, 32));
    }
}
