using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.Tests;

/// <summary>PCI devices on StratoVirt's command line.</summary>
public sealed class StratoVirtDeviceTests
{
    private const string Start = "stratovirt -machine q35 -qmp unix:/q,server,nowait ";

    [Fact]
    public void DocumentedExample_IsRead()
    {
        VmConfig config = CommandLines.Run(
            Start + "-device pcie-root-port,port=0x0,addr=0x1.0x0,bus=pcie.0,id=pcie.1 -drive file=/rootfs,id=rootfs,readonly=off "
            + "-device virtio-blk-pci,drive=rootfs,bus=pcie.1,addr=0x0.0x0,id=blk-0,serial=s,num-queues=2,queue-size=512 "
            + "-netdev tap,id=net0,ifname=tap0 -device virtio-net-pci,id=n,netdev=net0,bus=pcie.0,addr=10,mac=52:54:00:00:00:01 "
            + "-object rng-random,id=rng,filename=/dev/random -device virtio-rng-pci,rng=rng,id=r,bus=pcie.0,addr=0xb");
        Assert.Equal(
            [
                new BlockBackendConfig { Name = "rootfs", Image = new BlockImageConfig { Path = "/rootfs", Direct = true } },
            ],
            config.Backends.OfType<BlockBackendConfig>());
        Assert.Equal(new TapBackendConfig { Name = "net0", Interface = "tap0" }, config.Backends[1]);
        Assert.Equal(
            [
                new RootPortConfig { Id = "pcie.1", Slot = 1, Bus = "pcie.0" },
                new DiskDeviceConfig { Id = "blk-0", Bus = "pcie.1", Slot = 0, Backend = "rootfs", Serial = "s", Queues = 2, QueueSize = 512 },
                new NetDeviceConfig { Id = "n", Bus = "pcie.0", Slot = 10, Backend = "net0", MacAddress = "52:54:00:00:00:01", QueuePairs = 1 },
                new RngDeviceConfig { Id = "r", Bus = "pcie.0", Slot = 11, Source = "/dev/random" },
            ],
            config.PciDevices.AsEnumerable());
    }

    [Theory]
    [InlineData("direct=false", false, BlockIoEngine.Threads)]
    [InlineData("direct=off,aio=io_uring", false, BlockIoEngine.IoUring)]
    [InlineData("aio=native", true, BlockIoEngine.Auto)]
    public void Drive_DirectAndEngine(string options, bool direct, BlockIoEngine engine)
    {
        BlockBackendConfig drive = Assert.IsType<BlockBackendConfig>(Assert.Single(CommandLines.Run(Start + "-drive file=/d,id=d," + options).Backends));
        Assert.Equal((direct, engine), (drive.Image.Direct, drive.Image.Engine));
    }

    [Theory]
    [InlineData("-drive file=/d", "'id' is missing")]
    [InlineData("-drive file=/d,id=d,aio=off", "aio=off needs direct=off")]
    [InlineData("-drive file=/d,id=d,if=pflash,unit=0", "if=pflash: not built yet (there is no firmware; supported: none, virtio)")]
    [InlineData("-drive file=/d,id=d,foo=1", "Invalid parameter 'foo'")]
    [InlineData("-drive file=/d,id=d,throttling.iops-read=5", "Invalid parameter 'throttling.iops-read'")]
    [InlineData("-device virtio-blk-pci,bus=pcie.0,addr=1,drive=d", "Should set id.")]
    [InlineData("-device virtio-blk-pci,id=b,bus=pcie.0,drive=d", "Should set addr.")]
    [InlineData("-device virtio-blk-pci,id=b,bus=pcie.0,addr=32,drive=d", "addr=32 is not SLOT[.FUNCTION] with a slot of 0 to 31 and a function of 0 to 7")]
    [InlineData("-device virtio-blk-pci,id=b,bus=pcie.9,addr=0,drive=d", "Property 'virtio-blk-device.drive' can't find value 'd'")]
    [InlineData("-device virtio-rng-pci,id=b,bus=pcie.9,addr=0", "Bus 'pcie.9' not found")]
    public void Wrong_IsRefused(string options, string expected) =>
        Assert.Equal($"stratovirt: {options}: {expected}", CommandLines.Error(Start + options));
}
