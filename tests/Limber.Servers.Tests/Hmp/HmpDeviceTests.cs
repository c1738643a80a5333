using System.Linq;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Hmp;

/// <summary>PCI devices at the text monitor.</summary>
public sealed class HmpDeviceTests
{
    [Theory]
    [InlineData("info block", "d0: /d0 (raw)\n    Attached to:      /machine/peripheral/b0/virtio-backend\n    Cache mode:       writeback\n\nspare: /spare (raw)\n    Cache mode:       writeback\n")]
    [InlineData("info block spare", "spare: /spare (raw)\n    Cache mode:       writeback\n")]
    [InlineData("info block nosuch", "Device 'nosuch' not found\n")]
    [InlineData("info network", "net0: index=0,type=tap,ifname=tap0,script=no,downscript=no\n")]
    [InlineData("info balloon", "balloon: actual=128\n")]
    [InlineData("device_add virtio-blk-pci,id=b1,drive=nosuch,bus=rp2", "Error: Property 'virtio-blk-device.drive' can't find value 'nosuch'\n")]
    [InlineData("device_add virtio-blk-pci,id=b1,drive=spare,bus=rp2,num-queues=x", "Error: Parameter 'num-queues' expects integer\n")]
    [InlineData("device_add virtio-net-pci,mq=x", "Error: Parameter 'mq' expects 'on' or 'off'\n")]
    [InlineData("drive_add", "drive_add: string expected\nTry \"help drive_add\" for more information\n")]
    [InlineData("drive_add 0 file=/x,id=d", "Error: Can't hot-add drive to type 'virtio': give if=none and add a device for it\n")]
    [InlineData("drive_add 0 file=/x,if=none,id=d0", "Error: Duplicate ID 'd0' for drive\n")]
    [InlineData("drive_add 0 file=/x,if=none,cache=y", "Error: invalid cache option: 'y' (none, writeback, writethrough, directsync, unsafe)\n")]
    [InlineData("drive_del nosuch", "Error: Device 'nosuch' not found\n")]
    [InlineData("drive_del d0", "Error: Node d0 is in use\n")]
    [InlineData("netdev_add", "netdev_add: string expected\nTry \"help netdev_add\" for more information\n")]
    [InlineData("netdev_add user,id=hn", "Error: Parameter 'type' with value 'user': not built yet (supported: tap, vhost-user)\n")]
    [InlineData("netdev_del nosuch", "Error: Device 'nosuch' not found\n")]
    [InlineData("object_add rng-random", "Error: Parameter 'id' is missing\n")]
    [InlineData("object_del nosuch", "Error: object 'nosuch' not found\n")]
    [InlineData("balloon 0", "Error: Parameter 'target' expects a size\n")]
    [InlineData("help netdev_del", "netdev_del id -- remove host network device\n")]
    public void Run_Line_PrintsExactly(string line, string expected)
    {
        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        Assert.Equal(expected, services.Hmp.Run(line));
    }

    [Fact]
    public void Session_PlugsAndUnplugs()
    {
        FakeVirtualMachine machine = FakeDeviceManager.CreateMachine();
        FakeDeviceManager devices = (FakeDeviceManager)machine.Devices;
        using MonitorServices services = new(machine);
        Assert.Equal("OK\n", services.Hmp.Run("drive_add dummy file=/x,,y,if=none,id=d9,format=qcow2,cache=none"));
        Assert.Equal(string.Empty, services.Hmp.Run("device_add virtio-blk,drive=d9,id=b9,bus=rp2,queue-size=0x80"));
        Assert.Equal(string.Empty, services.Hmp.Run("netdev_add tap,id=n9,ifname=tap9"));
        Assert.Equal(string.Empty, services.Hmp.Run("object_add rng-random,id=r9,filename=/dev/random"));
        Assert.Equal(string.Empty, services.Hmp.Run("device_add virtio-net-pci,netdev=n9,id=c9,mac=52:54:00:00:00:09,bus=rp3"));
        Assert.Contains("b9", services.Hmp.Complete("device_del ").Candidates);
        Assert.Equal(
            "c9: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:00:00:09\n \\ n9: index=0,type=tap,ifname=tap9,script=no,downscript=no\nnet0: index=0,type=tap,ifname=tap0,script=no,downscript=no\n",
            services.Hmp.Run("info network"));
        Assert.Contains("d9: /x,y (qcow2)\n    Attached to:      /machine/peripheral/b9/virtio-backend\n    Cache mode:       writeback, direct\n", services.Hmp.Run("info block"));
        Assert.Equal(string.Empty, services.Hmp.Run("device_del b9"));
        devices.GuestEject("b9");
        Assert.Equal(string.Empty, services.Hmp.Run("drive_del d9"));
        Assert.Equal(string.Empty, services.Hmp.Run("netdev_del n9"));
        Assert.Equal(string.Empty, services.Hmp.Run("object_del r9"));
        Assert.Equal(string.Empty, services.Hmp.Run("balloon 64"));
        Assert.Equal("balloon: actual=64\n", services.Hmp.Run("info balloon"));
        Assert.Equal(["unplug b9"], devices.Calls);
    }

    [Fact]
    public void InfoPci_ListsDevices()
    {
        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        string text = services.Hmp.Run("info pci");
        Assert.StartsWith(
            "  Bus  0, device   1, function 0:\n    PCI bridge: PCI device 1b36:000c\n      BUS 0.\n      secondary bus 1.\n      subordinate bus 1.\n      id \"rp1\"\n",
            text);
        Assert.EndsWith("  Bus  1, device   0, function 0:\n    SCSI controller: PCI device 1af4:1042\n      id \"b0\"\n", text);
    }

    [Fact]
    public void InfoQtree_ShowsBusesWithinBuses()
    {
        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        string text = services.Hmp.Run("info qtree");
        Assert.StartsWith("bus: main-system-bus\n  type System\n  dev: q35-pcihost, id \"\"\n    bus: pcie.0\n      type PCIE\n      dev: pcie-root-port, id \"rp1\"\n", text);
        Assert.Contains("        bus: rp1\n          type PCIE\n          dev: virtio-blk-pci, id \"b0\"\n            addr = 00.0\n            drive = \"d0\"\n", text);
    }

    [Theory]
    [InlineData("device_del ", "b0")]
    [InlineData("device_add virtio-b", "virtio-balloon-pci virtio-blk-pci")]
    [InlineData("device_add pcie", "")]
    [InlineData("netdev_add ", "tap vhost-user")]
    [InlineData("netdev_del ", "net0")]
    [InlineData("drive_del ", "d0 spare")]
    [InlineData("object_add rng-r", "rng-random")]
    [InlineData("info ne", "network")]
    public void Complete_Word_OffersCandidates(string typed, string expected)
    {
        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        Assert.Equal(expected, string.Join(' ', services.Hmp.Complete(typed).Candidates.Order()));
    }

    [Fact]
    public void DeviceAddHelp_ListsDriversAndTheirProperties()
    {
        using MonitorServices services = new(FakeDeviceManager.CreateMachine());
        Assert.Contains("Storage devices:\nname \"vhost-user-fs-pci\", bus PCI\nname \"virtio-blk-pci\", bus PCI, alias \"virtio-blk\"\n", services.Hmp.Run("device_add help"));
        Assert.Contains("\n  drive=<str>\n", services.Hmp.Run("device_add virtio-blk-pci,help"));
    }
}
