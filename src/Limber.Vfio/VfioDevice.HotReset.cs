using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Limber.Interop;
using Limber.Vfio.Native;

namespace Limber.Vfio;

/// <content>Reset of everything behind the bridge above the function, for functions that can't be reset alone.</content>
public sealed unsafe partial class VfioDevice
{
    private const int MaximumDependents = 256;

    /// <summary>The IOMMU groups of all functions that a reset of the bus would reset too, each once; empty when it can't be.</summary>
    public ImmutableArray<int> GetHotResetGroups()
    {
        int length = sizeof(vfio_pci_hot_reset_info) + (MaximumDependents * sizeof(vfio_pci_dependent_device));
        byte[] buffer = new byte[length];
        fixed (byte* start = buffer)
        {
            var info = (vfio_pci_hot_reset_info*)start;
            info->argsz = (uint)length;
            if (calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, (nint)start) < 0)
            {
                return [];
            }

            var groups = ImmutableSortedSet.CreateBuilder<int>();
            int count = (int)Math.Min(info->count, MaximumDependents);
            ReadOnlySpan<byte> rest = buffer.AsSpan(sizeof(vfio_pci_hot_reset_info));
            for (int i = 0; i < count; i++)
            {
                groups.Add((int)MemoryMarshal.Read<vfio_pci_dependent_device>(rest[(i * sizeof(vfio_pci_dependent_device))..]).group_id);
            }

            return [.. groups];
        }
    }

    /// <summary>Resets the bus behind the bridge above.</summary>
    /// <param name="groups">Descriptors of the groups that <see cref="GetHotResetGroups"/> told: the proof that all are this process's.</param>
    public int HotReset(ReadOnlySpan<int> groups)
    {
        if (groups.Length > MaximumDependents)
        {
            return -ErrorNumber.EINVAL;
        }

        int length = sizeof(vfio_pci_hot_reset) + (groups.Length * sizeof(int));
        byte* buffer = stackalloc byte[length];
        var reset = (vfio_pci_hot_reset*)buffer;
        reset->argsz = (uint)length;
        reset->flags = 0;
        reset->count = (uint)groups.Length;
        for (int i = 0; i < groups.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(buffer + sizeof(vfio_pci_hot_reset) + (i * sizeof(int)), sizeof(int)), groups[i]);
        }

        return calls.Control(descriptor, VfioIoctl.VFIO_DEVICE_PCI_HOT_RESET, (nint)buffer);
    }
}
