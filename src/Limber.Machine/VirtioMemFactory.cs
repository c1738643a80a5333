using System;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Virtio;
using Limber.Virtio.Mem;

namespace Limber.Machine;

/// <summary>Makes virtio-mem devices from their configuration.</summary>
/// <remarks>Thread: a client's, with no lock held.</remarks>
internal sealed class VirtioMemFactory(MemorySpace space, MemoryBackendSet backends, int nodes, Action sizeChanged)
{
    /// <summary>Where the pages of the devices are.</summary>
    public MemorySpace Space => space;

    /// <summary>The device, and in its parts what is given back with it.</summary>
    /// <exception cref="VmException">It can't be made.</exception>
    public VirtioMem Create(VirtioDeviceContext context, VirtioMemDeviceConfig config, DeviceParts parts)
    {
        int node = config.Node ?? 0;
        if (node < 0 || node >= nodes)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"'{context.Id}': node {node} is not below the number of NUMA nodes, {nodes}");
        }

        DeviceMemory memory = DeviceMemory.Create(
            space, backends, (config.Backend, config.Memory), config.Address, context.Id, CheckBackend, comesAndGoes: true);
        parts.Release = memory.Dispose;
        ulong page = memory.Region.Mapping.HugePageSize;
        ulong blockSize = config.BlockSize ?? ulong.Max(VirtioMemDeviceConfig.DefaultBlockSize, page);
        if (blockSize < page)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"'{context.Id}': block size 0x{blockSize:x} is smaller than the huge pages of the memory, 0x{page:x}");
        }

        space.BeginDiscarding();
        parts.Release = () =>
        {
            memory.Dispose();
            space.EndDiscarding();
        };
        var options = new VirtioMemOptions(memory.Region.Range, blockSize, config.RequestedSize, (ushort)node);
        if (options.FindProblem() is { } problem)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"'{context.Id}': {problem}");
        }

        memory.Publish();
        var blocks = new MappedBlocks(memory.Region, blockSize, space.Mappings);
        parts.Release = () =>
        {
            blocks.Dispose();
            memory.Dispose();
            space.EndDiscarding();
        };
        var device = new VirtioMem(context, options, blocks);
        device.PluggedSizeChanged += _ => sizeChanged();
        parts.Memory = device;
        return device;
    }

    private static void CheckBackend(MemoryBackendConfig config)
    {
        if (config.Kind == MemoryBackendKind.File || config.Preallocate)
        {
            throw new VmException(
                VmErrorCode.InvalidDevice, $"memory backend '{config.Name}' is of a file or preallocated, which a virtio-mem device can't be");
        }
    }
}
