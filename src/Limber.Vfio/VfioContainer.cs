using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Interop;
using Limber.Memory;
using Limber.Vfio.Native;

namespace Limber.Vfio;

/// <summary>
/// The address space that the passed-through devices of one machine see: guest-physical addresses, translated by the host's
/// IOMMU.
/// <code>
///   opened --- first group joins ---> SET_IOMMU ---> MapMemory (any number of times) ---> Dispose
/// </code>
/// </summary>
/// <remarks>
/// The kernel pins every page it maps. Pages that are given back behind its back (madvise) are replaced by others that devices
/// don't see: whoever discards guest memory calls <see cref="UnmapMemory"/> before and <see cref="MapMemory"/> after.
/// Thread: any, one at a time by <see cref="gate"/>, a leaf.
/// </remarks>
public sealed unsafe class VfioContainer : IDisposable
{
    /// <summary>The device file.</summary>
    public const string Path = "/dev/vfio/vfio";

    private readonly Lock gate = new();
    private readonly IVfioCalls calls;
    private readonly FileDescriptor descriptor;
    private readonly Dictionary<GuestRange, nint> mapped = [];
    private bool hasIommu;

    /// <exception cref="VfioException">The host has no VFIO, or not the kind that is needed.</exception>
    public VfioContainer(IVfioCalls calls)
    {
        ArgumentNullException.ThrowIfNull(calls);
        this.calls = calls;
        int fd = calls.Open(Path);
        if (fd < 0)
        {
            throw new VfioException(Path, "cannot be opened", -fd, "load the module vfio-pci and let this user read and write the file");
        }

        descriptor = new FileDescriptor(fd);
        try
        {
            Check();
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>What devices can reach now.</summary>
    public IReadOnlyCollection<GuestRange> MappedRanges
    {
        get
        {
            lock (gate)
            {
                return [.. mapped.Keys];
            }
        }
    }

    internal FileDescriptor Descriptor => descriptor;

    /// <summary>
    /// Makes devices see exactly this memory: what left is unmapped first, what came is mapped and pinned, what stayed is not
    /// touched. Does nothing the second time.
    /// </summary>
    /// <exception cref="VfioException">The host refused; what was mapped before and is still there remains mapped.</exception>
    public void MapMemory(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var wanted = new Dictionary<GuestRange, nint>();
        foreach (GuestMemoryRegion region in memory.Regions)
        {
            wanted.Add(region.Range, region.Mapping.Address);
        }

        lock (gate)
        {
            foreach ((GuestRange range, nint host) in mapped)
            {
                if (!wanted.TryGetValue(range, out nint now) || now != host)
                {
                    // Removing during the enumeration is allowed for this collection.
                    Unmap(range);
                }
            }

            foreach ((GuestRange range, nint host) in wanted)
            {
                if (!mapped.ContainsKey(range))
                {
                    Map(range, host, memory.TotalSize);
                }
            }
        }
    }

    /// <summary>Devices see no memory any more, and its pages are no longer pinned.</summary>
    /// <exception cref="VfioException">The host refused.</exception>
    public void UnmapMemory()
    {
        lock (gate)
        {
            foreach (GuestRange range in mapped.Keys)
            {
                Unmap(range);
            }
        }
    }

    /// <summary>Closes it. The kernel unmaps what is mapped.</summary>
    public void Dispose() => descriptor.Dispose();

    /// <summary>Puts a group's devices into this address space.</summary>
    internal void Join(FileDescriptor group, string path)
    {
        int container = descriptor.Number;
        int result = calls.Control(group, VfioIoctl.VFIO_GROUP_SET_CONTAINER, (nint)(&container));
        if (result < 0)
        {
            throw new VfioException(path, $"its group cannot join the machine's container {Path}", -result);
        }

        lock (gate)
        {
            if (hasIommu)
            {
                return;
            }

            // Only a container with a group in it knows which IOMMU it is about.
            result = calls.Control(descriptor, VfioIoctl.VFIO_SET_IOMMU, (nint)VfioIoctl.VFIO_TYPE1v2_IOMMU);
            if (result < 0)
            {
                _ = calls.Control(group, VfioIoctl.VFIO_GROUP_UNSET_CONTAINER, 0);
                throw new VfioException(
                    path, "its IOMMU cannot be used", -result, "EPERM means that the host has no interrupt remapping: turn it on in firmware and kernel");
            }

            hasIommu = true;
        }
    }

    private void Check()
    {
        int version = calls.Control(descriptor, VfioIoctl.VFIO_GET_API_VERSION, 0);
        if (version != VfioIoctl.VFIO_API_VERSION)
        {
            throw new VfioException(Path, $"its interface has version {version}, not {VfioIoctl.VFIO_API_VERSION}");
        }

        if (calls.Control(descriptor, VfioIoctl.VFIO_CHECK_EXTENSION, (nint)VfioIoctl.VFIO_TYPE1v2_IOMMU) <= 0)
        {
            throw new VfioException(Path, "it has no type 1 version 2 IOMMU", advice: "load the module vfio_iommu_type1");
        }
    }

    private void Map(GuestRange range, nint host, ulong total)
    {
        vfio_iommu_type1_dma_map map = new()
        {
            argsz = (uint)sizeof(vfio_iommu_type1_dma_map),
            flags = VfioIoctl.VFIO_DMA_MAP_FLAG_READ | VfioIoctl.VFIO_DMA_MAP_FLAG_WRITE,
            vaddr = (ulong)host,
            iova = range.Start.Value,
            size = range.Length,
        };
        int result = calls.Control(descriptor, VfioIoctl.VFIO_IOMMU_MAP_DMA, (nint)(&map));
        if (result < 0)
        {
            throw new VfioException(Path, $"guest memory {range} cannot be mapped for devices", -result, Advise(-result, total));
        }

        mapped.Add(range, host);
    }

    private void Unmap(GuestRange range)
    {
        vfio_iommu_type1_dma_unmap unmap = new()
        {
            argsz = (uint)sizeof(vfio_iommu_type1_dma_unmap),
            iova = range.Start.Value,
            size = range.Length,
        };
        int result = calls.Control(descriptor, VfioIoctl.VFIO_IOMMU_UNMAP_DMA, (nint)(&unmap));
        if (result < 0)
        {
            throw new VfioException(Path, $"guest memory {range} cannot be unmapped for devices", -result);
        }

        mapped.Remove(range);
    }

    private static string Advise(int errorNumber, ulong total)
    {
        const int ENOMEM = 12;
        return errorNumber switch
        {
            ENOMEM => $"all {total >> 10} KiB of the guest's memory are pinned: raise the limit of locked memory to at least that "
                + $"(ulimit -l {total >> 10}; it is {LockedMemoryLimit.Describe() ?? "unknown"})",
            ErrorNumber.EINVAL => "the range is beyond what the host's IOMMU can address, or reserved by it (iommu_group/reserved_regions)",
            ErrorNumber.ENOSPC => "the kernel allows no more mappings a container (vfio_iommu_type1.dma_entry_limit)",
            _ => "",
        };
    }
}
