namespace Limber.Vfio.Native;

/// <summary>Request numbers and constants of <c>linux/vfio.h</c>, in its spelling.</summary>
internal static class VfioIoctl
{
    public const uint VFIO_API_VERSION = 0;
    public const uint VFIO_TYPE1v2_IOMMU = 3;

    public const uint VFIO_GET_API_VERSION = 0x3B64;
    public const uint VFIO_CHECK_EXTENSION = 0x3B65;
    public const uint VFIO_SET_IOMMU = 0x3B66;
    public const uint VFIO_GROUP_GET_STATUS = 0x3B67;
    public const uint VFIO_GROUP_SET_CONTAINER = 0x3B68;
    public const uint VFIO_GROUP_UNSET_CONTAINER = 0x3B69;
    public const uint VFIO_GROUP_GET_DEVICE_FD = 0x3B6A;
    public const uint VFIO_DEVICE_GET_INFO = 0x3B6B;
    public const uint VFIO_DEVICE_GET_REGION_INFO = 0x3B6C;
    public const uint VFIO_DEVICE_GET_IRQ_INFO = 0x3B6D;
    public const uint VFIO_DEVICE_SET_IRQS = 0x3B6E;
    public const uint VFIO_DEVICE_RESET = 0x3B6F;
    public const uint VFIO_DEVICE_GET_PCI_HOT_RESET_INFO = 0x3B70;
    public const uint VFIO_DEVICE_PCI_HOT_RESET = 0x3B71;
    public const uint VFIO_IOMMU_MAP_DMA = 0x3B71;
    public const uint VFIO_IOMMU_UNMAP_DMA = 0x3B72;

    public const uint VFIO_GROUP_FLAGS_VIABLE = 1 << 0;
    public const uint VFIO_DEVICE_FLAGS_RESET = 1 << 0;
    public const uint VFIO_DEVICE_FLAGS_PCI = 1 << 1;

    public const uint VFIO_REGION_INFO_FLAG_READ = 1 << 0;
    public const uint VFIO_REGION_INFO_FLAG_WRITE = 1 << 1;
    public const uint VFIO_REGION_INFO_FLAG_MMAP = 1 << 2;
    public const uint VFIO_REGION_INFO_FLAG_CAPS = 1 << 3;
    public const uint VFIO_REGION_INFO_CAP_SPARSE_MMAP = 1;

    public const uint VFIO_IRQ_INFO_EVENTFD = 1 << 0;
    public const uint VFIO_IRQ_INFO_NORESIZE = 1 << 3;
    public const uint VFIO_IRQ_SET_DATA_NONE = 1 << 0;
    public const uint VFIO_IRQ_SET_DATA_EVENTFD = 1 << 2;
    public const uint VFIO_IRQ_SET_ACTION_UNMASK = 1 << 4;
    public const uint VFIO_IRQ_SET_ACTION_TRIGGER = 1 << 5;

    public const uint VFIO_DMA_MAP_FLAG_READ = 1 << 0;
    public const uint VFIO_DMA_MAP_FLAG_WRITE = 1 << 1;

    public const uint VFIO_PCI_BAR0_REGION_INDEX = 0;
    public const uint VFIO_PCI_BAR5_REGION_INDEX = 5;
    public const uint VFIO_PCI_CONFIG_REGION_INDEX = 7;

    public const uint VFIO_PCI_INTX_IRQ_INDEX = 0;
    public const uint VFIO_PCI_MSI_IRQ_INDEX = 1;
    public const uint VFIO_PCI_MSIX_IRQ_INDEX = 2;
    public const uint VFIO_PCI_ERR_IRQ_INDEX = 3;
    public const uint VFIO_PCI_REQ_IRQ_INDEX = 4;
}
