using System;
using System.Linq;
using Limber.Config.Devices;

namespace Limber.CommandLine.Tests;

public sealed class LimberOptionTests
{
    private const string Qemu = "qemu-system-x86_64 -kernel k ";
    private const string StratoVirt = "stratovirt -machine q35 -kernel k -qmp unix:s,server,nowait ";
    private const string CloudHypervisor = "cloud-hypervisor --kernel k ";

    [Theory]
    [InlineData(Qemu, 60)]
    [InlineData(Qemu + "-x-limber operation-deadline=90", 90)]
    [InlineData(Qemu + "--x-limber operation_deadline=0.5", 0.5)]
    [InlineData(Qemu + "-x-limber operation-deadline=5 -x-limber operation-deadline=7", 7)]
    [InlineData(StratoVirt + "-x-limber operation-deadline=90", 90)]
    [InlineData(CloudHypervisor + "--x-limber operation_deadline=90", 90)]
    [InlineData(CloudHypervisor + "--x-limber=operation_deadline=86400", 86400)]
    public void OperationDeadline_InEveryDialect_IsTaken(string line, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), CommandLines.Run(line).OperationDeadline);

    [Theory]
    [InlineData(Qemu + "-x-limber api-socket=/run/s,operation-deadline=5")]
    [InlineData(StratoVirt + "-x-limber api-socket=/run/s")]
    [InlineData(CloudHypervisor + "--x-limber api_socket=/run/s")]
    public void ApiSocket_InEveryDialect_IsTaken(string line) => Assert.Equal("/run/s", CommandLines.Run(line).ApiSocket);

    [Theory]
    [InlineData(Qemu + "-x-limber guest-agent=on", 1)]
    [InlineData(StratoVirt + "-x-limber guest-agent=on", 1)]
    [InlineData(CloudHypervisor + "--x-limber guest_agent=on", 1)]
    [InlineData(Qemu + "-x-limber guest-agent=on -x-limber guest-agent=off", 0)]
    [InlineData(Qemu + "-device virtio-serial -device virtserialport,name=org.qemu.guest_agent.0", 1)]
    [InlineData(StratoVirt + "-device virtio-serial-pci,id=vs,bus=pcie.0,addr=0x3 -device virtserialport,id=p,name=org.qemu.guest_agent.0", 1)]
    [InlineData(Qemu + "-device virtio-serial -chardev null,id=c -device virtserialport,chardev=c,name=org.qemu.guest_agent.0", 0)]
    [InlineData(Qemu + "-device virtio-serial -device virtserialport,name=org.qemu.guest_agent.1", 0)]
    public void GuestAgent_IsThePortWithoutAChardev(string line, int agents) => Assert.Equal(
        agents,
        CommandLines.Run(line).PciDevices.OfType<ConsoleDeviceConfig>().SelectMany(device => device.Ports).Count(port => port.IsGuestAgent));

    [Theory]
    [InlineData("guest-agent=yes", "expected 'on' or 'off'")]
    [InlineData("guest-agent", "'guest-agent' needs a value")]
    [InlineData("api-socket=", "'api-socket' needs a value")]
    [InlineData("operation-deadline=0", "'0' is not a number of seconds from 0.1 to 86400")]
    [InlineData("operation-deadline=86401", "'86401' is not a number of seconds from 0.1 to 86400")]
    [InlineData("operation-deadline=NaN", "'NaN' is not a number")]
    [InlineData("operation-deadline=1e3", "'1e3' is not a number")]
    [InlineData("operation-deadline=", "'' is not a number")]
    [InlineData("operation-deadline", "'operation-deadline' needs a value")]
    [InlineData("speed=9", "unknown key 'speed'")]
    public void BadValues_AreNamed(string value, string wanted)
    {
        foreach (string start in (string[])[Qemu + "-x-limber ", StratoVirt + "-x-limber ", CloudHypervisor + "--x-limber "])
        {
            Assert.Contains(wanted, CommandLines.Error(start + value), StringComparison.Ordinal);
        }
    }
}
