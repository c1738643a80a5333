using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.Tests;

public sealed class CloudHypervisorDeviceTests
{
    private static VmConfig Parse(string devices) => CommandLines.Run("limber cloud-hypervisor --kernel vmlinux --console off --memory size=512M --cpus boot=1 " + devices);

    [Fact]
    public void Devices_ComeInTheirKindsOrder_AndIdsShareOneCounter()
    {
        VmConfig config = Parse("--net tap=t0 --disk path=a path=b,id=root --disk path=c --vsock cid=3,socket=/v --balloon size=64M");

        Assert.Equal(
            ["_disk0", "root", "_disk1", "_net2", "__rng", "_vsock3", "__balloon"],
            config.PciDevices.Select(d => d.Id));
        Assert.Equal("virtio-blk-pci", config.PciDevices[0].Driver);
        Assert.Equal(64UL << 20, Assert.IsType<BalloonDeviceConfig>(config.PciDevices[^1]).Size);
    }

    [Fact]
    public void Disk_TakesAllItsKeys()
    {
        VmConfig config = Parse(
            "--disk path=/d.img,readonly=on,direct=on,num_queues=4,queue_size=64,serial=abc,image_type=qcow2,sparse=off,pci_device_id=7,"
            + "bw_size=1000,bw_refill_time=100,ops_size=5,ops_one_time_burst=2,ops_refill_time=50");

        var disk = Assert.IsType<DiskDeviceConfig>(config.PciDevices[0]);
        Assert.Equal(
            new BlockImageConfig { Path = "/d.img", ReadOnly = true, Direct = true, Discard = false, Format = BlockFormat.Qcow2 }, disk.Image);
        Assert.Equal((4, 64, "abc", 7), (disk.Queues, disk.QueueSize, disk.Serial, disk.Slot));
        Assert.Equal(new RateLimiterConfig(new TokenBucketConfig(1000, 0, 100), new TokenBucketConfig(5, 2, 50)), disk.RateLimiter);
    }

    [Fact]
    public void Net_CountsBothDirections()
    {
        VmConfig config = Parse("--net tap=t0,ip=192.168.4.1,mask=255.255.255.0,mac=12:34:56:78:90:ab,num_queues=4,mtu=1400,offload_tso=off");

        var net = Assert.IsType<NetDeviceConfig>(config.PciDevices[0]);
        var tap = Assert.IsType<TapBackendConfig>(net.Connection);
        Assert.Equal(("t0", "192.168.4.1", "255.255.255.0", 2), (tap.Interface, tap.IpAddress, tap.Netmask, tap.QueuePairs));
        Assert.Equal(("12:34:56:78:90:ab", 2, 1400, false, true), (net.MacAddress, net.QueuePairs, net.Mtu, net.TcpOffload, net.ChecksumOffload));
    }

    [Theory]
    [InlineData("--disk readonly=on", "--disk readonly=on: path is missing")]
    [InlineData("--disk path=a,queue_size=100", "--disk path=a,queue_size=100: queue_size=100 is not a power of two from 2 to 1024")]
    [InlineData("--disk path=a,id=__x", "--disk path=a,id=__x: ids that begin with __ are reserved")]
    [InlineData("--disk path=a,bw_size=5", "--disk path=a,bw_size=5: bw_size and bw_refill_time need each other, and values above 0")]
    [InlineData("--disk path=a,iommu=on", "--disk path=a,iommu=on: iommu=on: not built yet")]
    [InlineData("--disk path=a,id=x --disk path=b,id=x", "the device id 'x' is given twice")]
    [InlineData("--net num_queues=3", "--net num_queues=3: num_queues=3 is not even; it counts receive and transmit queues")]
    [InlineData("--net ip=1.2.3.4", "--net ip=1.2.3.4: ip and mask need each other")]
    [InlineData("--vsock cid=2,socket=/s", "--vsock cid=2,socket=/s: cid=2 is not a number from 3 to 4294967294")]
    [InlineData("--pmem file=/f,size=5", "--pmem file=/f,size=5: size=5 is not a multiple of 2M")]
    [InlineData("--fs tag=t", "--fs tag=t: socket is missing")]
    public void BadValues_AreNamed(string devices, string expected) =>
        Assert.Contains(expected, CommandLines.Error("limber cloud-hypervisor --kernel vmlinux --memory size=512M " + devices));
}
