using System.Linq;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.CommandLine.Tests;

/// <summary>Memory that comes later, and memory devices that are there from the start, in all dialects.</summary>
public sealed class MemoryHotplugTests
{
    private const ulong MiB = 1UL << 20;
    private const ulong GiB = 1UL << 30;

    private const string StratoVirt = "stratovirt -machine q35 -qmp unix:/q,server,nowait ";

    [Theory]
    [InlineData("-m 1G,slots=2,maxmem=4G", 1024, 2, 4096)]
    [InlineData("-m 1G,maxmem=4G", 1024, 0, 4096)]
    [InlineData("-m 256M -m slots=256,maxmem=1073741824", 256, 256, 1024)]
    [InlineData("-m 1G,slots=0,maxmem=1.5G", 1024, 0, 1536)]
    [InlineData("-m 1G,maxmem=1G", 1024, 0, 0)]
    public void Qemu_ReadsSlotsAndMaximum(string options, int size, int slots, int maximum)
    {
        MemoryConfig memory = CommandLines.Run("limber -M q35 " + options).Memory;
        Assert.Equal(
            ((ulong)size * MiB, slots, (ulong)maximum * MiB, MemoryHotplugMethod.Acpi),
            (memory.Size, memory.Slots, memory.MaximumSize, memory.HotplugMethod));
    }

    [Fact]
    public void Qemu_HasANode_WhenMemoryCanCome()
    {
        NumaConfig numa = CommandLines.Run("limber -m 1G,slots=2,maxmem=4G -smp 1,maxcpus=3").Numa;
        Assert.Equal([GiB], numa.NodeMemory);
        Assert.Equal([0, 0, 0], numa.ProcessorNodes);
        Assert.False(CommandLines.Run("limber -m 1G,maxmem=1G").Numa.IsConfigured);
    }

    [Fact]
    public void Qemu_ReadsModulesAndTheirMemory_InAnyOrder()
    {
        VmConfig config = CommandLines.Run(
            "limber -m 512M,slots=3,maxmem=4G -device pc-dimm,id=d1,memdev=m1 "
            + "-device '{\"driver\":\"pc-dimm\",\"memdev\":\"m2\",\"node\":1,\"addr\":5368709120,\"slot\":2}' "
            + "-object memory-backend-ram,id=m1,size=128M "
            + "-object '{\"qom-type\":\"memory-backend-file\",\"id\":\"m2\",\"mem-path\":\"/f\",\"size\":268435456,\"share\":true,\"prealloc\":true}' "
            + "-object memory-backend-memfd,id=m3,size=0.5G");
        Assert.Equal(
            [
                new DimmConfig { Id = "d1", Backend = "m1" },
                new DimmConfig { Backend = "m2", Node = 1, Address = 5 * GiB, Slot = 2 },
            ],
            config.Dimms.AsEnumerable());
        Assert.Equal(
            [
                new MemoryBackendConfig { Name = "m1", Size = 128 * MiB },
                new MemoryBackendConfig { Name = "m2", Size = 256 * MiB, Kind = MemoryBackendKind.File, Path = "/f", Share = true, Preallocate = true },
                new MemoryBackendConfig { Name = "m3", Size = 512 * MiB, Kind = MemoryBackendKind.Memfd, Share = true },
            ],
            config.Backends.AsEnumerable());
    }

    [Fact]
    public void Qemu_ReadsVirtioMem()
    {
        VmConfig config = CommandLines.Run(
            "limber -m 512M,maxmem=4G -object memory-backend-ram,id=m,size=1G "
            + "-device virtio-mem-pci,id=v,memdev=m,requested-size=256M,block-size=4M,node=0x1,memaddr=0x140000000,addr=5");
        Assert.Equal(
            [new VirtioMemDeviceConfig { Id = "v", Backend = "m", RequestedSize = 256 * MiB, BlockSize = 4 * MiB, Node = 1, Address = 5 * GiB, Slot = 5 }],
            config.PciDevices.AsEnumerable());
    }

    [Fact]
    public void Qemu_BootMemory_IsNoBackend()
    {
        VmConfig config = CommandLines.Run(
            "limber -m 512M,slots=1,maxmem=1G -object memory-backend-ram,id=a,size=512M -object memory-backend-ram,id=b,size=128M "
            + "-numa node,memdev=a -device pc-dimm,memdev=b");
        Assert.Equal(["b"], config.Backends.Select(static backend => backend.Name));
    }

    [Theory]
    [InlineData("-device pc-dimm", "'memdev' property must be set")]
    [InlineData("-device pc-dimm,memdev=x", "Device 'x' not found")]
    [InlineData("-device pc-dimm,memdev=r", "Invalid parameter type for 'memdev', expected: memory-backend")]
    [InlineData("-device pc-dimm,memdev=m,foo=1", "Property 'pc-dimm.foo' not found")]
    [InlineData("-device pc-dimm,memdev=m,bus=pcie.0", "Bus 'pcie.0' not found")]
    [InlineData("-device pc-dimm,memdev=m,size=1", "Property 'pc-dimm.size' is not writable")]
    [InlineData("-device pc-dimm,memdev=m,node=128", "Property 'pc-dimm.node' doesn't take value 128 (minimum: 0, maximum: 127)")]
    [InlineData("-device pc-dimm,memdev=m,id=d -device pc-dimm,memdev=n,id=d", "Duplicate ID 'd' for device")]
    [InlineData("-device pc-dimm,memdev=m -device pc-dimm,memdev=m", "can't use already busy memdev: m")]
    [InlineData("-device pc-dimm,memdev=m -device virtio-mem-pci,memdev=m", "can't use already busy memdev: m")]
    [InlineData("-device virtio-mem-pci", "'memdev' property is not set")]
    [InlineData("-device virtio-mem-pci,memdev=m,requested-size=3M", "'requested-size' property has to be multiples of 'block-size' (0x200000)")]
    [InlineData("-device virtio-mem-pci,memdev=m,block-size=1M", "'block-size' property has to be at least 0x200000")]
    [InlineData("-device virtio-mem-pci,memdev=m,block-size=3M", "'block-size' property has to be a power of two")]
    [InlineData("-device virtio-mem-pci,memdev=m,unplugged-inaccessible=off", "unplugged-inaccessible=off: not built yet (supported: on)")]
    public void Qemu_RefusesBadMemoryDevices(string options, string expected) =>
        Assert.EndsWith(
            ": " + expected,
            CommandLines.Error(
                "limber -m 512M,slots=3,maxmem=4G -object memory-backend-ram,id=m,size=128M -object memory-backend-ram,id=n,size=128M "
                + "-object rng-builtin,id=r " + options));

    [Fact]
    public void Qemu_ModulesWithoutSlots_AreRefused() =>
        Assert.Equal(
            "limber: -device pc-dimm: no slots where allocated, please specify the 'slots' option",
            CommandLines.Error("limber -m 512M,maxmem=1G -object memory-backend-ram,id=a,size=128M -device pc-dimm,memdev=a"));

    [Fact]
    public void Qemu_MemoryOfANode_IsNotAModulesToo() =>
        Assert.Equal(
            "limber: can't use already busy memdev: a",
            CommandLines.Error("limber -m 128M,slots=1,maxmem=1G -object memory-backend-ram,id=a,size=128M -device pc-dimm,memdev=a -numa node,memdev=a"));

    [Fact]
    public void Qemu_Help_ShowsModules()
    {
        Assert.Contains("name \"pc-dimm\"", CommandLines.Print("limber -device help"));
        Assert.StartsWith("pc-dimm options:\n  memdev=<link<memory-backend>>\n", CommandLines.Print("limber -device pc-dimm,help"));
    }

    [Fact]
    public void CloudHypervisor_Acpi_HasASlotForEveryUnit()
    {
        VmConfig config = CommandLines.Run("cloud-hypervisor --kernel k --memory size=1024M,hotplug_size=8192M");
        Assert.Equal(new MemoryConfig(GiB) { Slots = 64, MaximumSize = 9 * GiB }, config.Memory);
        Assert.DoesNotContain(config.PciDevices, static device => device is VirtioMemDeviceConfig);
        Assert.Equal(256, CommandLines.Run("cloud-hypervisor --kernel k --memory size=1G,hotplug_size=100G,hotplug_method=acpi").Memory.Slots);
    }

    [Fact]
    public void CloudHypervisor_VirtioMem_BringsItsDevice()
    {
        VmConfig config = CommandLines.Run(
            "cloud-hypervisor --kernel k --memory size=1G,hotplug_size=8G,hotplug_method=virtio-mem,hotplugged_size=512M,shared=on --balloon size=0");
        Assert.Equal(
            new MemoryConfig(GiB, Shared: true) { MaximumSize = 9 * GiB, HotplugMethod = MemoryHotplugMethod.VirtioMem }, config.Memory);
        VirtioMemDeviceConfig device = Assert.Single(config.PciDevices.OfType<VirtioMemDeviceConfig>());
        Assert.Equal(("mem0", 512 * MiB), (device.Id, device.RequestedSize));
        Assert.Equal(new MemoryBackendConfig { Name = "", Size = 8 * GiB, Kind = MemoryBackendKind.Memfd, Share = true }, device.Memory);
        Assert.IsType<BalloonDeviceConfig>(config.PciDevices[^1]);
    }

    [Theory]
    [InlineData("--memory size=1G,hotplug_size=1G,hotplug_method=magic", "hotplug_method=magic is not acpi or virtio-mem")]
    [InlineData("--memory size=1G,hotplug_size=1G,hotplugged_size=1G", "hotplugged_size needs hotplug_method=virtio-mem and hotplug_size")]
    [InlineData("--memory size=1G,hotplug_method=virtio-mem,hotplugged_size=1G", "hotplugged_size needs hotplug_method=virtio-mem and hotplug_size")]
    [InlineData("--memory size=1G,hotplug_method=virtio-mem,hotplug_size=100M", "hotplug_size must be a multiple of 134217728 bytes (128 MiB) for virtio-mem")]
    [InlineData("--memory size=1G,hotplug_method=virtio-mem,hotplug_size=1G,hotplugged_size=2G", "hotplugged_size=2147483648 is larger than hotplug_size=1073741824")]
    [InlineData("--memory size=1G,hotplug_method=virtio-mem,hotplug_size=1G,hotplugged_size=1M", "hotplugged_size must be a multiple of 2097152 bytes, virtio-mem's block size")]
    [InlineData("--memory size=1G,hotplug_size=17179869183G", "size and hotplug_size together are too large")]
    [InlineData("--memory size=4G,hugepages=on,hugepage_size=1G,hotplug_method=virtio-mem,hotplug_size=2G,hotplugged_size=512M", "hotplugged_size must be a multiple of 1073741824 bytes, virtio-mem's block size")]
    [InlineData("--memory size=1G,hugepage_size=2M", "hugepage_size 2097152 says the size of huge pages, and there are none")]
    [InlineData("--memory size=1G,hugepages=on,hugepage_size=3M", "hugepage_size 3145728 is not a power of two above 4096")]
    [InlineData("--memory size=1537M,hugepages=on,hugepage_size=2M", "hugepage_size 2097152 does not divide the 1611661312 bytes of memory")]
    public void CloudHypervisor_RefusesBadMemory(string options, string expected) =>
        Assert.EndsWith(": " + expected, CommandLines.Error("cloud-hypervisor --kernel k " + options));

    [Fact]
    public void CloudHypervisor_ReadsPages()
    {
        MemoryConfig memory = CommandLines.Run("cloud-hypervisor --kernel k --memory size=1G,hugepages=on,hugepage_size=2M,prefault=on,hotplug_size=1G").Memory;
        Assert.Equal((true, 2 * MiB, true, 8), (memory.HugePages, memory.HugePageSize, memory.Preallocate, memory.Slots));
        Assert.Null(CommandLines.Run("cloud-hypervisor --kernel k --memory size=1G,hugepages=on").Memory.HugePageSize);
    }

    [Fact]
    public void Qemu_ReadsPages_OfModulesAndNodes()
    {
        VmConfig config = CommandLines.Run(
            "limber -m 1G,slots=1,maxmem=4G -object memory-backend-memfd,id=a,size=1G,hugetlb=on,hugetlbsize=2M,prealloc=on -numa node,memdev=a "
            + "-object memory-backend-memfd,id=b,size=1G,hugetlb=on -device pc-dimm,memdev=b");
        Assert.Equal((true, 2 * MiB, true, true), (config.Memory.HugePages, config.Memory.HugePageSize, config.Memory.Preallocate, config.Memory.Shared));
        Assert.Equal(
            new MemoryBackendConfig { Name = "b", Size = GiB, Kind = MemoryBackendKind.Memfd, Share = true, HugePages = true },
            Assert.Single(config.Backends.OfType<MemoryBackendConfig>()));
    }

    [Theory]
    [InlineData("limber -m 1G -mem-prealloc", true)]
    [InlineData("limber -m 1G", false)]
    [InlineData(StratoVirt + "-kernel k -m 1G -mem-prealloc", true)]
    public void BootMemory_CanBeAllocatedBeforehand(string line, bool expected) =>
        Assert.Equal(expected, CommandLines.Run(line).Memory.Preallocate);

    [Fact]
    public void Qemu_NodesOfUnlikePages_AreNotBuilt() =>
        Assert.EndsWith(
            "boot memory of unlike pages: not built yet (supported: prealloc, hugetlb and hugetlbsize of b as a has them)",
            CommandLines.Error(
                "limber -m 1G -object memory-backend-memfd,id=a,size=512M,hugetlb=on -numa node,memdev=a -object memory-backend-ram,id=b,size=512M -numa node,memdev=b"));

    [Fact]
    public void StratoVirt_ReadsMaximumAndVirtioMem()
    {
        VmConfig config = CommandLines.Run(
            StratoVirt + "-m 1G,maxmem=4G -object memory-backend-ram,size=2G,id=m "
            + "-device virtio-mem-pci,id=v,memdev=m,bus=pcie.0,addr=0x3,requested-size=64M");
        Assert.Equal(new MemoryConfig(GiB) { MaximumSize = 4 * GiB }, config.Memory);
        Assert.Equal([new MemoryBackendConfig { Name = "m", Size = 2 * GiB }], config.Backends.AsEnumerable());
        Assert.Equal(
            [new VirtioMemDeviceConfig { Id = "v", Bus = "pcie.0", Slot = 3, Backend = "m", BlockSize = 32 * MiB, RequestedSize = 64 * MiB }],
            config.PciDevices.AsEnumerable());
    }

    [Fact]
    public void StratoVirt_HasRoomForItsDevices_WithoutMaximum() =>
        Assert.Equal(
            3 * GiB,
            CommandLines.Run(
                StratoVirt + "-m 1G -object memory-backend-memfd,size=2G,id=m -device virtio-mem-pci,id=v,memdev=m,bus=pcie.0,addr=3").Memory.MaximumSize);
}
