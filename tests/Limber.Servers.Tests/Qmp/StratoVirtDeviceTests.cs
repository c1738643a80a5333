using System.Linq;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>PCI devices over QMP in StratoVirt's dialect.</summary>
public sealed class StratoVirtDeviceTests
{
    private const string Done = "{\"return\":{}}\r\n";

    [Fact]
    public void Sequence_OfItsDocumentation_Works()
    {
        FakeVirtualMachine machine = FakeDeviceManager.CreateMachine();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal(Done, client.Ask("{'execute':'blockdev-add','arguments':{'node-name':'drive-0','file':{'driver':'file','filename':'/d','aio':'iouring'},'cache':{'direct':true},'read-only':true}}"));
        Assert.Equal(Done, client.Ask("{'execute':'device_add','arguments':{'id':'blk-0','driver':'virtio-blk-pci','drive':'drive-0','addr':'0x0','bus':'rp2','boot_index':1}}"));
        Assert.Equal(new DiskDeviceConfig { Id = "blk-0", Bus = "rp2", Slot = 0, Backend = "drive-0" }, machine.Devices.FindDevice("blk-0")!.Config);
        Assert.Equal(
            new BlockImageConfig { Path = "/d", Format = BlockFormat.Raw, Direct = true, ReadOnly = true, Engine = BlockIoEngine.IoUring },
            machine.Devices.GetBackends().Select(static backend => backend.Config).OfType<BlockBackendConfig>().Last().Image);
        Assert.Equal(Done, client.Ask("{'execute':'netdev_add','arguments':{'id':'net-0','ifname':'tap0'}}"));
        Assert.Equal(Done, client.Ask("{'execute':'device_add','arguments':{'id':'n-0','driver':'virtio-net-pci','netdev':'net-0','mac':'52:54:00:00:00:01','addr':'0x0','bus':'rp3','mq':'on'}}"));
        Assert.Equal(Done, client.Ask("{'execute':'device_del','arguments':{'id':'blk-0'}}"));
        ((FakeDeviceManager)machine.Devices).GuestEject("blk-0");
        Assert.Equal(
            "{\"event\":\"DEVICE_DELETED\",\"data\":{\"device\":\"blk-0\",\"path\":\"/machine/peripheral/blk-0\"},\"timestamp\":{\"seconds\":0,\"microseconds\":0}}\r\n",
            client.Settle());
        Assert.Equal(Done, client.Ask("{'execute':'blockdev-del','arguments':{'node-name':'drive-0'}}"));
    }

    [Theory]
    [InlineData("device_add", "{'id':'','driver':'virtio-blk-pci'}", "Device id is empty")]
    [InlineData("device_add", "{'id':'b0','driver':'virtio-blk-pci','bus':'rp2','addr':'0'}", "Device id b0 existed")]
    [InlineData("device_add", "{'id':'x','driver':'virtio-blk-pci','addr':'0'}", "Failed to add virtio pci blk: Should set bus.")]
    [InlineData("device_add", "{'id':'x','driver':'virtio-net-pci','bus':'rp2'}", "Failed to add virtio pci net: Should set addr.")]
    [InlineData("device_add", "{'id':'x','driver':'virtio-blk-pci','bus':'nosuch','addr':'0'}", "Failed to add device: Bus not found")]
    [InlineData("device_add", "{'id':'x','driver':'virtio-blk-pci','bus':'rp2','addr':'0','drive':'no'}", "Failed to add virtio pci blk: No drive configured matched for blk device")]
    [InlineData("device_add", "{'id':'x','driver':'virtio-net-pci','bus':'rp2','addr':'0','netdev':'no'}", "Failed to add virtio pci net: Netdev: \"no\" not found for net device")]
    [InlineData("device_add", "{'id':'x','driver':'virtio-rng-pci','bus':'rp2','addr':'32'}", "Failed to add device: addr=32 is not SLOT[.FUNCTION] with a slot of 0 to 31 and a function of 0 to 7")]
    [InlineData("device_add", "{'id':'x','driver':'pcie-root-port','bus':'pcie.0','addr':'9'}", "Failed to plug device: No hot plug controller found for bus pcie.0 when plug")]
    [InlineData("blockdev-add", "{'node-name':'d0','file':{'driver':'file','filename':'/d'}}", "Drive d0 has been added")]
    [InlineData("blockdev-del", "{'node-name':'no'}", "Drive no not found")]
    [InlineData("netdev_add", "{'id':'net0'}", "Netdev \"net0\" has been added")]
    [InlineData("netdev_del", "{'id':'no'}", "Netdev no not found")]
    [InlineData("device_del", "{'id':'no'}", "Can not find parent device from pci bus")]
    public void Wrong_IsRefused(string command, string arguments, string expected)
    {
        FakeVirtualMachine machine = FakeDeviceManager.CreateMachine();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, QmpDialect.StratoVirt);
        Assert.Equal(expected, client.Refusal($"{{'execute':'{command}','arguments':{arguments}}}"));
        Assert.Equal(4, machine.Devices.GetDevices().Count);
        Assert.Equal(3, machine.Devices.GetBackends().Count);
    }
}
