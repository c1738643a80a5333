using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Limber.Interop;
using Limber.Memory;
using Limber.Vfio.Native;

namespace Limber.Vfio.Tests.Fakes;

/// <summary>The kernel's side of the seam: container, groups and functions as bytes and counters, and a sysfs in a directory.</summary>
internal sealed unsafe class FakeHost : IVfioCalls, IDisposable
{
    private const ulong ConfigOffset = 7UL << 40;

    private readonly DirectoryInfo root = Directory.CreateTempSubdirectory("vfio");
    private readonly Dictionary<int, object> descriptors = [];
    private readonly List<FakeHostFunction> functions = [];
    private readonly Dictionary<nint, HostMapping> maps = [];

    /// <summary>Errors by request number; the request then does nothing.</summary>
    public Dictionary<uint, int> Errors { get; } = [];

    public Dictionary<string, int> OpenErrors { get; } = [];

    public SortedDictionary<ulong, (ulong Host, ulong Size)> Dma { get; } = [];

    public List<string> Calls { get; } = [];

    public bool IsViable { get; set; } = true;

    public int MapCount => maps.Count;

    /// <summary>Adds a function with its directory in sysfs.</summary>
    public FakeHostFunction AddFunction(string address = "0000:01:00.0", int? group = 7, string? driver = "vfio-pci")
    {
        string directory = Path.Combine(root.FullName, "sys/bus/pci/devices", address);
        Directory.CreateDirectory(directory);
        if (driver is not null)
        {
            File.CreateSymbolicLink(Path.Combine(directory, "driver"), "../../drivers/" + driver);
        }

        if (group is { } number)
        {
            string members = Path.Combine(root.FullName, $"sys/kernel/iommu_groups/{number}/devices");
            Directory.CreateDirectory(members);
            File.CreateSymbolicLink(Path.Combine(members, address), directory);
            File.CreateSymbolicLink(Path.Combine(directory, "iommu_group"), $"../../../../kernel/iommu_groups/{number}");
        }

        var function = new FakeHostFunction(directory, group ?? -1);
        functions.Add(function);
        return function;
    }

    public int Open(string path)
    {
        Calls.Add("open " + path);
        if (OpenErrors.TryGetValue(path, out int error))
        {
            return -error;
        }

        return NewDescriptor(path == VfioContainer.Path ? "container" : int.Parse(Path.GetFileName(path)));
    }

    public int Control(FileDescriptor fd, uint request, nint argument)
    {
        object target = descriptors[fd.Number];
        if (Errors.TryGetValue(request, out int error))
        {
            return -error;
        }

        return target switch
        {
            FakeHostFunction function => ControlFunction(function, request, argument),
            int group => ControlGroup(group, request, argument),
            _ => ControlContainer(request, argument),
        };
    }

    public int Read(FileDescriptor fd, ulong offset, Span<byte> data)
    {
        var function = (FakeHostFunction)descriptors[fd.Number];
        if (offset < ConfigOffset && !function.IsBarReadable)
        {
            return -5;
        }

        Place(function, offset, data.Length).CopyTo(data);
        return data.Length;
    }

    public int Write(FileDescriptor fd, ulong offset, ReadOnlySpan<byte> data)
    {
        var function = (FakeHostFunction)descriptors[fd.Number];
        if (offset >= ConfigOffset)
        {
            function.ConfigWrites.Add(((int)(offset - ConfigOffset), data.Length));
        }

        data.CopyTo(Place(function, offset, data.Length));
        return data.Length;
    }

    public nint Map(FileDescriptor fd, ulong offset, ulong length, bool writable)
    {
        HostMapping pages = HostMapping.AllocatePrivate(length, "BAR");
        maps.Add(pages.Address, pages);
        return pages.Address;
    }

    public void Unmap(nint address, ulong length)
    {
        Assert.True(maps.Remove(address, out HostMapping? pages));
        Assert.Equal(length, pages.Length);
        pages.Dispose();
    }

    public void Dispose() => root.Delete(recursive: true);

    private static Span<byte> Place(FakeHostFunction function, ulong offset, int length) => offset >= ConfigOffset
        ? function.Config.AsSpan((int)(offset - ConfigOffset), length)
        : function.Bar.AsSpan((int)offset, length);

    private int NewDescriptor(object target)
    {
        int fd = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        descriptors[fd] = target;
        return fd;
    }

    private int ControlContainer(uint request, nint argument)
    {
        switch (request)
        {
            case VfioIoctl.VFIO_GET_API_VERSION:
                return 0;
            case VfioIoctl.VFIO_CHECK_EXTENSION:
                return argument == (nint)VfioIoctl.VFIO_TYPE1v2_IOMMU ? 1 : 0;
            case VfioIoctl.VFIO_SET_IOMMU:
                Calls.Add("set-iommu");
                return 0;
            case VfioIoctl.VFIO_IOMMU_MAP_DMA:
                var map = *(vfio_iommu_type1_dma_map*)argument;
                Calls.Add($"map 0x{map.iova:x}");
                return Dma.TryAdd(map.iova, (map.vaddr, map.size)) ? 0 : -17;
            case VfioIoctl.VFIO_IOMMU_UNMAP_DMA:
                var unmap = *(vfio_iommu_type1_dma_unmap*)argument;
                Calls.Add($"unmap 0x{unmap.iova:x}");
                return Dma.Remove(unmap.iova) ? 0 : -22;
            default:
                return -25;
        }
    }

    private int ControlGroup(int group, uint request, nint argument)
    {
        switch (request)
        {
            case VfioIoctl.VFIO_GROUP_GET_STATUS:
                ((vfio_group_status*)argument)->flags = IsViable ? VfioIoctl.VFIO_GROUP_FLAGS_VIABLE : 0;
                return 0;
            case VfioIoctl.VFIO_GROUP_SET_CONTAINER:
                Assert.Equal("container", descriptors[*(int*)argument]);
                return 0;
            case VfioIoctl.VFIO_GROUP_GET_DEVICE_FD:
                string address = Marshal.PtrToStringUTF8(argument)!;
                FakeHostFunction? function = functions.FirstOrDefault(f => f.Group == group && Path.GetFileName(f.Path) == address);
                return function is null ? -19 : NewDescriptor(function);
            default:
                return -25;
        }
    }

    private int ControlFunction(FakeHostFunction function, uint request, nint argument)
    {
        switch (request)
        {
            case VfioIoctl.VFIO_DEVICE_GET_INFO:
                var info = (vfio_device_info*)argument;
                info->flags = VfioIoctl.VFIO_DEVICE_FLAGS_PCI | (function.CanReset ? VfioIoctl.VFIO_DEVICE_FLAGS_RESET : 0);
                info->num_regions = 9;
                info->num_irqs = 5;
                return 0;
            case VfioIoctl.VFIO_DEVICE_GET_REGION_INFO:
                return DescribeRegion(function, (vfio_region_info*)argument);
            case VfioIoctl.VFIO_DEVICE_GET_IRQ_INFO:
                var irq = (vfio_irq_info*)argument;
                irq->count = (uint)function.InterruptCounts[irq->index];
                irq->flags = VfioIoctl.VFIO_IRQ_INFO_EVENTFD | (function.CanGrow ? 0 : VfioIoctl.VFIO_IRQ_INFO_NORESIZE);
                return 0;
            case VfioIoctl.VFIO_DEVICE_SET_IRQS:
                var set = *(vfio_irq_set*)argument;
                bool hasEvents = (set.flags & VfioIoctl.VFIO_IRQ_SET_DATA_EVENTFD) != 0;
                return function.SetInterrupts(set, hasEvents ? new ReadOnlySpan<int>((byte*)argument + sizeof(vfio_irq_set), (int)set.count) : []);
            case VfioIoctl.VFIO_DEVICE_RESET:
                function.Resets++;
                return 0;
            case VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
                return DescribeHotReset(function, argument);
            case VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET:
                var reset = (vfio_pci_hot_reset*)argument;
                Assert.Equal(function.HotResetGroups.Length, (int)reset->count);
                function.HotResets++;
                return 0;
            default:
                return -25;
        }
    }

    private static int DescribeRegion(FakeHostFunction function, vfio_region_info* info)
    {
        if (info->index == 7)
        {
            (info->flags, info->size, info->offset) = (3, 4096, ConfigOffset);
            return 0;
        }

        info->size = info->index < 6 ? function.BarSizes[info->index] : 0;
        info->offset = (ulong)info->index << 40;
        info->flags = info->size == 0 ? 0 : 3 | VfioIoctl.VFIO_REGION_INFO_FLAG_MMAP;
        if (function.Sparse is not { } sparse || info->size == 0)
        {
            return 0;
        }

        info->flags |= VfioIoctl.VFIO_REGION_INFO_FLAG_CAPS;
        uint room = info->argsz;
        info->argsz = (uint)(sizeof(vfio_region_info) + sizeof(vfio_region_info_cap_sparse_mmap) + (sparse.Length * sizeof(vfio_region_sparse_mmap_area)));
        info->cap_offset = 0;
        if (room < info->argsz)
        {
            return 0;
        }

        info->cap_offset = (uint)sizeof(vfio_region_info);
        var cap = (vfio_region_info_cap_sparse_mmap*)((byte*)info + info->cap_offset);
        cap->header.id = (ushort)VfioIoctl.VFIO_REGION_INFO_CAP_SPARSE_MMAP;
        cap->nr_areas = (uint)sparse.Length;
        var area = (vfio_region_sparse_mmap_area*)(cap + 1);
        for (int i = 0; i < sparse.Length; i++)
        {
            (area[i].offset, area[i].size) = (sparse[i].Offset, sparse[i].Length);
        }

        return 0;
    }

    private static int DescribeHotReset(FakeHostFunction function, nint argument)
    {
        if (function.HotResetGroups.Length == 0)
        {
            return -19;
        }

        var info = (vfio_pci_hot_reset_info*)argument;
        info->count = (uint)function.HotResetGroups.Length;
        var device = (vfio_pci_dependent_device*)(info + 1);
        for (int i = 0; i < function.HotResetGroups.Length; i++)
        {
            device[i].group_id = (uint)function.HotResetGroups[i];
        }

        return 0;
    }
}
