using System;
using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.Tests;

/// <summary>PCI devices and their backends on QEMU's command line.</summary>
public sealed class QemuDeviceTests
{
    [Theory]
    [InlineData("file=/d", BlockFormat.Probe, false, false, false, false)]
    [InlineData("file=/d,format=raw,cache=none", BlockFormat.Raw, false, true, false, false)]
    [InlineData("file=/d,format=qcow2,readonly=on,cache=unsafe", BlockFormat.Qcow2, true, false, true, false)]
    [InlineData("/d,cache=directsync,read-only=off", BlockFormat.Probe, false, true, false, true)]
    [InlineData("file=file:/d,cache=writethrough,readonly", BlockFormat.Probe, true, false, false, true)]
    [InlineData("file=/d,cache.direct=on,cache.no-flush=on,werror=report", BlockFormat.Probe, false, true, true, false)]
    public void Drive_WithoutDevice_BringsAVirtioDisk(
        string drive, BlockFormat format, bool readOnly, bool direct, bool noFlush, bool writeThrough)
    {
        VmConfig config = CommandLines.Run($"limber -drive {drive}");
        BlockImageConfig expected = new()
        {
            Path = "/d", Format = format, ReadOnly = readOnly, Direct = direct, NoFlush = noFlush, WriteThrough = writeThrough,
        };
        Assert.Equal(new BlockBackendConfig { Name = "virtio0", Image = expected }, Assert.Single(config.Backends));
        Assert.Equal(new DiskDeviceConfig { Backend = "virtio0" }, Assert.Single(config.PciDevices));
    }

    [Theory]
    [InlineData("aio=threads", BlockIoEngine.Threads)]
    [InlineData("aio=io_uring", BlockIoEngine.IoUring)]
    [InlineData("aio=native,cache=none", BlockIoEngine.Auto)]
    [InlineData("discard=unmap", BlockIoEngine.Auto)]
    public void Drive_Engine_IsChosen(string options, BlockIoEngine engine)
    {
        BlockBackendConfig backend = Assert.IsType<BlockBackendConfig>(Assert.Single(CommandLines.Run($"limber -drive file=/d,{options}").Backends));
        Assert.Equal(engine, backend.Image.Engine);
        Assert.Equal(options == "discard=unmap", backend.Image.Discard);
    }

    [Fact]
    public void Drive_ThatADeviceNames_BringsNone()
    {
        VmConfig config = CommandLines.Run(
            "limber -device virtio-blk,drive=d,id=b,serial=s1,num-queues=4,queue-size=128,bootindex=1,write-cache=on,addr=0x5 -drive file=/a,id=d -drive file=/b,if=none,id=spare -drive if=virtio,file=/c");
        Assert.Equal(["d", "spare", "virtio0"], config.Backends.Select(static backend => backend.Name));
        Assert.Equal(
            [
                new DiskDeviceConfig { Id = "b", Backend = "d", Serial = "s1", Queues = 4, QueueSize = 128, Slot = 5 },
                new DiskDeviceConfig { Backend = "virtio0" },
            ],
            config.PciDevices);
    }

    [Fact]
    public void Device_Rings_AreAsTold()
    {
        VmConfig config = CommandLines.Run(
            "limber -device virtio-rng-pci,packed=on,event_idx=off -device virtio-rng-pci,indirect_desc=off,queue_reset=off -device virtio-rng-pci,packed=off");
        Assert.Equal(
            [
                new RingConfig { Packed = true, EventIndex = false },
                new RingConfig { IndirectDescriptors = false, QueueReset = false },
                RingConfig.Default,
            ],
            config.PciDevices.Select(static device => device.Rings));
    }

    [Theory]
    [InlineData("-blockdev driver=raw,node-name=n,file.driver=file,file.filename=/d")]
    [InlineData("-blockdev raw,node-name=n,file.driver=host_device,file.filename=/d")]
    [InlineData("-blockdev file,node-name=f,filename=/d -blockdev raw,node-name=n,file=f")]
    [InlineData("-blockdev '{\"driver\":\"raw\",\"node-name\":\"n\",\"file\":{\"driver\":\"file\",\"filename\":\"/d\"}}'")]
    [InlineData("-blockdev file,node-name=n,filename=/d")]
    public void Blockdev_AnyForm_IsOneBackend(string options)
    {
        BlockBackendConfig expected = new() { Name = "n", Image = new BlockImageConfig { Path = "/d", Format = BlockFormat.Raw } };
        Assert.Equal(expected, Assert.Single(CommandLines.Run($"limber {options}").Backends));
    }

    [Fact]
    public void Blockdev_Options_AreThoseOfBothNodes()
    {
        VmConfig config = CommandLines.Run(
            "limber -blockdev file,node-name=f,filename=/d,aio=native,cache.direct=on,discard=unmap -blockdev '{\"driver\":\"qcow2\",\"node-name\":\"n\",\"file\":\"f\",\"read-only\":true,\"discard\":\"unmap\",\"cache\":{\"direct\":true,\"no-flush\":true},\"backing\":null}' -device virtio-blk-pci,drive=n");
        Assert.Equal(
            new BlockBackendConfig
            {
                Name = "n",
                Image = new BlockImageConfig { Path = "/d", Format = BlockFormat.Qcow2, ReadOnly = true, Direct = true, NoFlush = true, Discard = true },
            },
            Assert.Single(config.Backends));
        Assert.Equal("n", Assert.IsType<DiskDeviceConfig>(Assert.Single(config.PciDevices)).Backend);
    }

    [Fact]
    public void Netdev_TapAndCard()
    {
        VmConfig config = CommandLines.Run(
            "limber -netdev tap,id=n0,ifname=t0,queues=2,vhost=on,script=no,downscript=/down -device virtio-net-pci,netdev=n0,mac=52:54:00:AA:bb:01,mq=on,vectors=6,disable-legacy=on -netdev tap,id=n1,fds=7:8 -device virtio-net,netdev=n1,host_mtu=1400");
        Assert.Equal(
            new TapBackendConfig { Name = "n0", Interface = "t0", QueuePairs = 2, Vhost = true, DownScript = "/down" },
            config.Backends[0]);
        Assert.Equal([7, 8], Assert.IsType<TapBackendConfig>(config.Backends[1]).Descriptors);
        Assert.Equal(new NetDeviceConfig { Backend = "n0", MacAddress = "52:54:00:aa:bb:01" }, config.PciDevices[0]);
        Assert.Equal(new NetDeviceConfig { Backend = "n1", QueuePairs = 1, Mtu = 1400 }, config.PciDevices[1]);
    }

    [Fact]
    public void Chardevs_AreTakenByDevices()
    {
        VmConfig config = CommandLines.Run(
            "limber -chardev socket,id=v,path=/v -netdev vhost-user,id=n,chardev=v,queues=2 -chardev socket,id=fs,path=/fs -device vhost-user-fs-pci,chardev=fs,tag=home "
            + "-device virtio-serial,id=vs -chardev socket,id=ga,path=/ga,server=on,wait=off -device virtserialport,bus=vs.0,chardev=ga,name=org.qemu.guest_agent.0,id=p1,nr=1 -chardev null,id=c -device virtconsole,chardev=c");
        Assert.Equal(new VhostUserNetBackendConfig { Name = "n", Socket = "/v", QueuePairs = 2 }, Assert.Single(config.Backends));
        Assert.Equal(new FsDeviceConfig { Tag = "home", Socket = "/fs", QueueSize = 128 }, config.PciDevices[0]);
        ConsoleDeviceConfig serial = Assert.IsType<ConsoleDeviceConfig>(config.PciDevices[1]);
        Assert.Equal(
            [
                new ConsolePortConfig
                {
                    Id = "p1", Number = 1, Name = "org.qemu.guest_agent.0", Backend = new ChardevConfig.UnixSocket("/ga", true, false),
                },
                new ConsolePortConfig { IsConsole = true, Backend = new ChardevConfig.Null() },
            ],
            serial.Ports);
    }

    [Fact]
    public void Others_AreRead()
    {
        VmConfig config = CommandLines.Run(
            "limber -device virtio-rng-pci,rng=r,max-bytes=1024,period=1000 -object id=r,qom-type=rng-random,filename=/dev/hwrng "
            + "-object memory-backend-file,id=m,mem-path=/p,size=4M,share=on -device virtio-pmem-pci,memdev=m "
            + "-device virtio-balloon,deflate-on-oom=on,free-page-reporting=on -device virtio-vsock-pci,guest-cid=3,socket=/s "
            + "-device vfio-pci,host=01:00.1 -device '{\"driver\":\"vfio-pci\",\"sysfsdev\":\"/sys/x\",\"addr\":\"7.0\",\"id\":\"v\"}' "
            + "-device pcie-root-port,id=rp1,chassis=1,slot=2,port=0x10,hotplug=off,addr=0x1.0x0 -device virtio-rng,bus=rp1");
        Assert.Equal(
            [
                new RngDeviceConfig { Source = "/dev/hwrng", MaxBytes = 1024, PeriodMilliseconds = 1000 },
                new PmemDeviceConfig { File = "/p", Size = 4 << 20 },
                new BalloonDeviceConfig { DeflateOnOom = true, FreePageReporting = true },
                new VsockDeviceConfig { ContextId = 3, Socket = "/s" },
                new VfioDeviceConfig { Path = "/sys/bus/pci/devices/0000:01:00.1" },
                new VfioDeviceConfig { Path = "/sys/x", Slot = 7, Id = "v" },
                new RootPortConfig { Id = "rp1", Chassis = 1, SlotNumber = 2, Port = 16, HotPlug = false, Slot = 1 },
                new RngDeviceConfig { Bus = "rp1" },
            ],
            config.PciDevices.AsEnumerable());
    }

    [Fact]
    public void RootBus_HasTheMachineTypesName()
    {
        Assert.Equal("pcie.0", Assert.Single(CommandLines.Run("limber -M pc -device virtio-rng-pci,bus=pci.0").PciDevices).Bus);
        Assert.Equal("pcie.0", Assert.Single(CommandLines.Run("limber -device virtio-rng-pci,bus=pcie.0").PciDevices).Bus);
        Assert.EndsWith(": Bus 'pci.0' not found", CommandLines.Error("limber -device virtio-rng-pci,bus=pci.0"));
    }

    [Fact]
    public void Drive_Throttling_IsARateLimitASecond()
    {
        VmConfig config = CommandLines.Run("limber -drive file=/d,id=d,if=none,throttling.iops-total=50,throttling.bps-total=1M -device virtio-blk,drive=d");
        BlockBackendConfig drive = Assert.IsType<BlockBackendConfig>(Assert.Single(config.Backends));
        Assert.Equal(new RateLimiterConfig(new TokenBucketConfig(1 << 20, 0, 1000), new TokenBucketConfig(50, 0, 1000)), drive.Image.RateLimiter);
        Assert.Null(Assert.IsType<BlockBackendConfig>(Assert.Single(
            CommandLines.Run("limber -drive file=/d,id=d,if=none,throttling.iops-total=0 -device virtio-blk,drive=d").Backends)).Image.RateLimiter);
    }

    [Theory]
    [InlineData("file=/d,if=ide", "if=ide: not built yet (supported: none, virtio)")]
    [InlineData("file=/d,if=pflash", "if=pflash: not built yet (there is no firmware; supported: none, virtio)")]
    [InlineData("file=/d,if=what", "unsupported bus type 'what'")]
    [InlineData("file=/d,format=vmdk", "Unknown driver 'vmdk' (supported: raw, qcow2)")]
    [InlineData("file=/d,cache=x", "invalid cache option: 'x' (none, writeback, writethrough, directsync, unsafe)")]
    [InlineData("file=/d,aio=native", "aio=native was specified, but it requires cache.direct=on, which was not specified.")]
    [InlineData("file=/d,aio=x", "Parameter 'aio' does not accept value 'x'")]
    [InlineData("file=/d,readonly=x", "Parameter 'readonly' expects 'on' or 'off'")]
    [InlineData("file=/d,foo=x", "Block format 'raw' does not support the option 'foo'")]
    [InlineData("file=nbd:host:1", "file=nbd:host:1: not built yet (supported: files and block devices of the host)")]
    [InlineData("file=/d,throttling.iops-read=5", "throttling.iops-read=5: not built yet (supported: throttling.iops-total, throttling.bps-total)")]
    [InlineData("file=/d,media=cdrom", "media=cdrom: not built yet (supported: disk)")]
    [InlineData("file=/d,snapshot=on", "snapshot=on: not built yet (supported: off)")]
    [InlineData("if=virtio", "Parameter 'file' is missing: a drive without a medium is not built yet")]
    [InlineData("file=/d,id=1x", "Parameter 'id' expects an identifier")]
    public void Drive_Wrong_IsRefused(string value, string expected) =>
        Assert.Equal($"limber: -drive {value}: {expected}", CommandLines.Error($"limber -drive {value}"));

    [Theory]
    [InlineData("raw,file.filename=/d,file.driver=file", "'node-name' must be specified for the root node")]
    [InlineData("raw,node-name=n", "Parameter 'file' is missing")]
    [InlineData("nosuch,node-name=n", "Parameter 'driver' does not accept value 'nosuch'")]
    [InlineData("node-name=n", "Parameter 'driver' is missing")]
    [InlineData("file,node-name=n", "Parameter 'filename' is missing")]
    [InlineData("file,node-name=n,filename=/d,foo=1", "Parameter 'foo' is unexpected")]
    [InlineData("raw,node-name=n,file=nosuch", "Cannot find device='nosuch' nor node-name='nosuch'")]
    [InlineData("raw,node-name=n,file.driver=raw,file.file.driver=file", "Parameter 'file.driver' with value 'raw': not built yet (supported: file, host_device)")]
    [InlineData("file,node-name=#n,filename=/d", "Invalid node-name: '#n' (a letter, then letters, digits, '-', '.' and '_', 31 in all)")]
    [InlineData("qcow2,node-name=n,file.driver=file,file.filename=/d,backing=b", "backing=b: not built yet (the image's own backing file is used)")]
    public void Blockdev_Wrong_IsRefused(string value, string expected) =>
        Assert.Equal($"limber: -blockdev {value}: {expected}", CommandLines.Error($"limber -blockdev {value}"));

    [Theory]
    [InlineData("tap", "Parameter 'id' is missing")]
    [InlineData("nosuch,id=n", "Parameter 'type' does not accept value 'nosuch'")]
    [InlineData("tap,id=n,fd=3,ifname=x", "ifname=, script=, downscript=, and queues= are invalid with fd= or fds=")]
    [InlineData("tap,id=n,fd=3,fds=4", "fd= and fds= are mutually exclusive")]
    [InlineData("tap,id=n,fd=abc", "Invalid file descriptor number 'abc'")]
    [InlineData("tap,id=n,fds=3:4:3", "Parameter 'fds' has the descriptor 3 twice")]
    [InlineData("tap,id=n,queues=33", "Parameter 'queues' doesn't take value 33 (minimum: 1, maximum: 32)")]
    [InlineData("tap,id=n,ifname=0123456789abcdef", "Parameter 'ifname' doesn't take value '0123456789abcdef': a name of 1 to 15 bytes without '/'")]
    [InlineData("tap,id=n,vhostfd=4", "vhostfd=: not built yet")]
    [InlineData("vhost-user,id=n,chardev=c", "Property 'vhost-user.chardev' can't find value 'c'")]
    public void Netdev_Wrong_IsRefused(string value, string expected) =>
        Assert.Equal($"limber: -netdev {value}: {expected}", CommandLines.Error($"limber -netdev {value}"));

    [Theory]
    [InlineData("", false, 0)]
    [InlineData(",reconnect=0", false, 0)]
    [InlineData(",reconnect=2", false, 2000)]
    [InlineData(",reconnect-ms=50", false, 50)]
    [InlineData(",server=on,wait=off", true, 1000)]
    public void VhostUser_IsLookedForAsTheChardevSays(string more, bool server, int milliseconds)
    {
        VmConfig config = CommandLines.Run($"limber -chardev socket,id=v,path=/v{more} -netdev vhost-user,id=n,chardev=v");
        TimeSpan? interval = milliseconds == 0 ? null : TimeSpan.FromMilliseconds(milliseconds);
        Assert.Equal(new VhostUserNetBackendConfig { Name = "n", Socket = "/v", Server = server, RetryInterval = interval }, Assert.Single(config.Backends));
    }

    [Theory]
    [InlineData("nosuch", "'nosuch' is not a valid device model name")]
    [InlineData("id=x", "Parameter 'driver' is missing")]
    [InlineData("virtio-blk-pci", "drive property not set")]
    [InlineData("virtio-blk-pci,drive=x", "Property 'virtio-blk-device.drive' can't find value 'x'")]
    [InlineData("virtio-blk-pci,drive=d,foo=1", "Property 'virtio-blk-pci.foo' not found")]
    [InlineData("virtio-blk-pci,drive=d,addr=0x20", "Property 'virtio-blk-pci.addr' doesn't take value '0x20'")]
    [InlineData("virtio-blk-pci,drive=d,addr=3.1", "addr=3.1: not built yet (supported: function 0)")]
    [InlineData("virtio-blk-pci,drive=d,multifunction=on", "multifunction=on: not built yet (supported: off)")]
    [InlineData("virtio-blk-pci,drive=d,iommu_platform=on", "iommu_platform=on: not built yet (supported: off)")]
    [InlineData("virtio-blk-pci,drive=d,disable-modern=on", "disable-modern=on: not built yet (supported: off)")]
    [InlineData("virtio-blk-pci,drive=d,num-queues=65", "Property 'virtio-blk-pci.num-queues' doesn't take value 65 (minimum: 1, maximum: 64)")]
    [InlineData("virtio-blk-pci,drive=d,num-queues=x", "Parameter 'num-queues' expects integer")]
    [InlineData("virtio-blk-pci,drive=d,queue-size=100", "Property 'virtio-blk-pci.queue-size' doesn't take value 100: it must be a power of 2 (4..1024)")]
    [InlineData("virtio-blk-pci,drive=d,serial=123456789012345678901", "Property 'virtio-blk-device.serial' doesn't take value '123456789012345678901': it has 21 bytes (maximum: 20)")]
    [InlineData("virtio-blk-pci,drive=d,id=1x", "Parameter 'id' expects an identifier: letters, digits, '-', '.', '_', starting with a letter")]
    [InlineData("virtio-blk-pci,drive=d,bus=nosuch", "Bus 'nosuch' not found")]
    [InlineData("virtio-net-pci,netdev=x", "Property 'virtio-net-device.netdev' can't find value 'x'")]
    [InlineData("virtio-net-pci,mac=1", "Property 'virtio-net-pci.mac' doesn't take value '1'")]
    [InlineData("virtio-net-pci,mac=01:00:00:00:00:00", "Property 'virtio-net-pci.mac' doesn't take value '01:00:00:00:00:00'")]
    [InlineData("virtio-rng-pci,rng=r", "Device 'r' not found")]
    [InlineData("vhost-vsock-pci,guest-cid=3", "Device 'vhost-vsock-pci' is not built yet (it hands the guest's sockets to the host kernel; use virtio-vsock-pci,guest-cid=CID,socket=PATH)")]
    [InlineData("virtio-vsock-pci,guest-cid=2,socket=/s", "Property 'virtio-vsock-pci.guest-cid' doesn't take value 2 (minimum: 3, maximum: 4294967294)")]
    [InlineData("virtio-blk-pci-transitional,drive=d", "Device 'virtio-blk-pci-transitional' is not built yet (supported: virtio-blk-pci, which is modern only)")]
    [InlineData("virtio-blk-device,drive=d", "No 'virtio-bus' bus found for device 'virtio-blk-device'")]
    [InlineData("virtconsole", "No 'virtio-serial-bus' bus found for device 'virtconsole'")]
    [InlineData("vfio-pci", "No provided host device: use host=DDDD:BB:DD.F or sysfsdev=PATH")]
    [InlineData("vfio-pci,host=1", "Property 'vfio-pci.host' doesn't take value '1'")]
    [InlineData("pcie-root-port,id=r,chassis=256", "Property 'pcie-root-port.chassis' doesn't take value 256 (minimum: 0, maximum: 255)")]
    public void Device_Wrong_IsRefused(string value, string expected) =>
        Assert.Equal($"limber: -device {value}: {expected}", CommandLines.Error($"limber -drive file=/d,if=none,id=d -device {value}"));

    [Theory]
    [InlineData("-blockdev file,node-name=n,filename=/d -blockdev file,node-name=n,filename=/e", "Duplicate nodes with node-name='n'")]
    [InlineData("-drive file=/d,id=d -drive file=/e,id=d", "Duplicate ID 'd' for drive")]
    [InlineData("-netdev tap,id=d -netdev tap,id=d", "Duplicate ID 'd' for netdev")]
    [InlineData("-device virtio-rng-pci,id=d -device virtio-rng-pci,id=d", "Duplicate ID 'd' for device")]
    [InlineData("-drive file=/d,if=none,id=d -device virtio-blk-pci,drive=d -device virtio-blk-pci,drive=d", "Drive 'd' is already in use by another block device")]
    [InlineData("-netdev tap,id=d -device virtio-net-pci,netdev=d -device virtio-net-pci,netdev=d", "Property 'virtio-net-device.netdev' can't take value 'd', it's in use")]
    [InlineData("-blockdev file,node-name=f,filename=/d -blockdev raw,node-name=a,file=f -blockdev raw,node-name=b,file=f", "Node 'f' is in use by node 'a'")]
    [InlineData("-blockdev file,node-name=f,filename=/d -blockdev raw,node-name=a,file=f -device virtio-blk-pci,drive=f", "Node 'f' is in use by node 'a'")]
    [InlineData("-object memory-backend-file,id=m,mem-path=/p,size=2M -numa node,memdev=m", "boot memory of a file: not built yet (supported: memory-backend-ram, memory-backend-memfd)")]
    [InlineData("-object memory-backend-file,id=m,mem-path=/p,size=1M -device virtio-pmem-pci,memdev=m", "backend memory size must be multiple of 0x200000")]
    [InlineData("-chardev socket,path=/v,id=c -netdev vhost-user,id=a,chardev=c -netdev vhost-user,id=b,chardev=c", "chardev 'c' is already in use")]
    [InlineData("-chardev socket,path=/v,id=c,server=on,reconnect=1 -netdev vhost-user,id=a,chardev=c", "'reconnect' option is incompatible with socket in server listen mode")]
    [InlineData("-chardev socket,path=/v,id=c,reconnect=x -netdev vhost-user,id=a,chardev=c", "reconnect=x is not a number from 0 to 4294967295")]
    [InlineData("-chardev socket,path=/v,id=c,reconnect=1 -device vhost-user-fs-pci,chardev=c,tag=t", "chardev with reconnect=: not built yet (supported: for vhost-user network cards)")]
    [InlineData("-device virtio-serial -chardev socket,path=/v,id=c,reconnect=1 -device virtconsole,chardev=c", "chardev 'c' with reconnect= for a virtconsole: not built yet (supported: for vhost-user network cards)")]
    public void Conflicts_AreRefused(string options, string expected) =>
        Assert.EndsWith(": " + expected, CommandLines.Error($"limber {options}"));

    [Fact]
    public void DeviceHelp_ListsDriversAndProperties()
    {
        Assert.Contains("\nname \"virtio-blk-pci\", bus PCI, alias \"virtio-blk\"\n", "\n" + CommandLines.Print("limber -device help"));
        Assert.Contains("\n  guest-cid=<uint64>     -  (default: 0)\n", CommandLines.Print("limber -device virtio-vsock-pci,help"));
    }
}
