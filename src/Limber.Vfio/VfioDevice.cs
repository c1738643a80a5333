using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Limber.Interop;
using Limber.Vfio.Native;

namespace Limber.Vfio;

/// <summary>An open function of the host: regions, interrupts, reset.</summary>
/// <remarks>
/// Thread: regions any; interrupts and reset one at a time, by the function that owns it. Methods that return a number
/// return 0 or more, or a negated <c>errno</c> value; they allocate nothing.
/// </remarks>
public sealed unsafe partial class VfioDevice : IDisposable
{
    private readonly IVfioCalls calls;
    private readonly FileDescriptor descriptor;

    /// <param name="calls">The kernel.</param>
    /// <param name="path">The function's directory in sysfs, for error texts.</param>
    /// <param name="descriptor">What the group gave; the device owns it from here on, also when this throws.</param>
    /// <exception cref="VfioException">It is no PCI function.</exception>
    internal VfioDevice(IVfioCalls calls, string path, FileDescriptor descriptor)
    {
        this.calls = calls;
        this.descriptor = descriptor;
        Path = path;
        try
        {
            vfio_device_info info = new() { argsz = (uint)sizeof(vfio_device_info) };
            Require(calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_GET_INFO, (nint)(&info)), "cannot be described");
            if ((info.flags & VfioIoctl.VFIO_DEVICE_FLAGS_PCI) == 0)
            {
                throw new VfioException(path, $"it is no PCI function (flags 0x{info.flags:x})");
            }

            CanReset = (info.flags & VfioIoctl.VFIO_DEVICE_FLAGS_RESET) != 0;
            Config = ReadRegionInfo((int)VfioIoctl.VFIO_PCI_CONFIG_REGION_INDEX);
            Bars = [.. ReadBars()];
            for (int kind = 0; kind < interrupts.Length; kind++)
            {
                interrupts[kind] = kind < info.num_irqs ? ReadInterruptInfo(kind) : default;
            }
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>The function's directory in sysfs.</summary>
    public string Path { get; }

    /// <summary>It can be reset without its neighbours.</summary>
    public bool CanReset { get; }

    /// <summary>Configuration space.</summary>
    public VfioRegion Config { get; }

    /// <summary>The six BARs; those that aren't there have size 0.</summary>
    public ImmutableArray<VfioRegion> Bars { get; }

    /// <summary>Reads a part of a region.</summary>
    public int Read(VfioRegion region, ulong offset, Span<byte> data) => calls.Read(descriptor, region.Offset + offset, data);

    /// <summary>Writes a part of a region.</summary>
    public int Write(VfioRegion region, ulong offset, ReadOnlySpan<byte> data) => calls.Write(descriptor, region.Offset + offset, data);

    /// <summary>Shows a part of a region in this process.</summary>
    /// <param name="region">A BAR.</param>
    /// <param name="area">Within one of <see cref="VfioRegion.MappableAreas"/>.</param>
    /// <exception cref="VfioException">The kernel refused.</exception>
    public VfioMapping Map(VfioRegion region, VfioArea area)
    {
        ArgumentNullException.ThrowIfNull(region);
        bool writable = region.Access.HasFlag(VfioRegionAccess.Write);
        nint address = calls.Map(descriptor, region.Offset + area.Offset, area.Length, writable);
        if (address is < 0 and > -4096)
        {
            throw new VfioException(Path, $"0x{area.Length:x} bytes at 0x{area.Offset:x} of BAR {region.Index} cannot be mapped", (int)-address);
        }

        return new VfioMapping(calls, address, area);
    }

    /// <summary>Resets the function alone; takes a tenth of a second and more.</summary>
    public int Reset() => calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_RESET, 0);

    /// <summary>Closes it. The kernel disables and resets it.</summary>
    public void Dispose() => descriptor.Dispose();

    private void Require(int result, string step)
    {
        if (result < 0)
        {
            throw new VfioException(Path, step, -result);
        }
    }

    private List<VfioRegion> ReadBars()
    {
        var bars = new List<VfioRegion>();
        for (uint i = VfioIoctl.VFIO_PCI_BAR0_REGION_INDEX; i <= VfioIoctl.VFIO_PCI_BAR5_REGION_INDEX; i++)
        {
            bars.Add(ReadRegionInfo((int)i));
        }

        return bars;
    }

    private VfioRegion ReadRegionInfo(int index)
    {
        const int Largest = 64 * 1024;
        uint size = (uint)sizeof(vfio_region_info);
        while (true)
        {
            // The kernel answers how much room its list of capabilities needs; the second call gets it.
            byte[] buffer = new byte[size];
            fixed (byte* start = buffer)
            {
                var info = (vfio_region_info*)start;
                info->argsz = size;
                info->index = (uint)index;
                Require(calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_GET_REGION_INFO, (nint)start), $"region {index} cannot be described");
                if (info->argsz > size && info->argsz <= Largest)
                {
                    size = info->argsz;
                    continue;
                }

                var access = (VfioRegionAccess)(info->flags & (VfioIoctl.VFIO_REGION_INFO_FLAG_READ | VfioIoctl.VFIO_REGION_INFO_FLAG_WRITE));
                return new VfioRegion(index, info->size, info->offset, access, ReadAreas(*info, buffer));
            }
        }
    }

    private static ImmutableArray<VfioArea> ReadAreas(vfio_region_info info, ReadOnlySpan<byte> buffer)
    {
        if ((info.flags & VfioIoctl.VFIO_REGION_INFO_FLAG_MMAP) == 0 || info.size == 0)
        {
            return [];
        }

        uint next = (info.flags & VfioIoctl.VFIO_REGION_INFO_FLAG_CAPS) != 0 ? info.cap_offset : 0;
        while (next != 0 && next <= buffer.Length - sizeof(vfio_region_info_cap_sparse_mmap))
        {
            vfio_info_cap_header header = MemoryMarshal.Read<vfio_info_cap_header>(buffer[(int)next..]);
            if (header.id == VfioIoctl.VFIO_REGION_INFO_CAP_SPARSE_MMAP)
            {
                var sparse = MemoryMarshal.Read<vfio_region_info_cap_sparse_mmap>(buffer[(int)next..]);
                ReadOnlySpan<byte> rest = buffer[((int)next + sizeof(vfio_region_info_cap_sparse_mmap))..];
                int count = (int)Math.Min(sparse.nr_areas, (uint)(rest.Length / sizeof(vfio_region_sparse_mmap_area)));
                var areas = ImmutableArray.CreateBuilder<VfioArea>(count);
                for (int i = 0; i < count; i++)
                {
                    var area = MemoryMarshal.Read<vfio_region_sparse_mmap_area>(rest[(i * sizeof(vfio_region_sparse_mmap_area))..]);
                    areas.Add(new VfioArea(area.offset, area.size));
                }

                return areas.MoveToImmutable();
            }

            next = header.next;
        }

        return [new VfioArea(0, info.size)];
    }
}
