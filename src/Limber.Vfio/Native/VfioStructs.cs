// The structures of linux/vfio.h, in their native spelling, without the arrays of variable length at their ends. Sizes and
// offsets are compared with what the C compiler says by Limber.Vfio.Tests.
using System.Runtime.InteropServices;

namespace Limber.Vfio.Native;

#pragma warning disable CS0649 // The kernel fills them.

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_info_cap_header
{
    public ushort id;
    public ushort version;
    public uint next;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_group_status
{
    public uint argsz;
    public uint flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_device_info
{
    public uint argsz;
    public uint flags;
    public uint num_regions;
    public uint num_irqs;
    public uint cap_offset;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_region_info
{
    public uint argsz;
    public uint flags;
    public uint index;
    public uint cap_offset;
    public ulong size;
    public ulong offset;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_region_info_cap_sparse_mmap
{
    public vfio_info_cap_header header;
    public uint nr_areas;
    public uint reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_region_sparse_mmap_area
{
    public ulong offset;
    public ulong size;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_irq_info
{
    public uint argsz;
    public uint flags;
    public uint index;
    public uint count;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_irq_set
{
    public uint argsz;
    public uint flags;
    public uint index;
    public uint start;
    public uint count;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_pci_dependent_device
{
    public uint group_id;
    public ushort segment;
    public byte bus;
    public byte devfn;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_pci_hot_reset_info
{
    public uint argsz;
    public uint flags;
    public uint count;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_pci_hot_reset
{
    public uint argsz;
    public uint flags;
    public uint count;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_iommu_type1_dma_map
{
    public uint argsz;
    public uint flags;
    public ulong vaddr;
    public ulong iova;
    public ulong size;
}

[StructLayout(LayoutKind.Sequential)]
internal struct vfio_iommu_type1_dma_unmap
{
    public uint argsz;
    public uint flags;
    public ulong iova;
    public ulong size;
}
