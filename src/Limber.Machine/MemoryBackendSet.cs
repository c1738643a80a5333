using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Control;
using Limber.Interop;

namespace Limber.Machine;

/// <summary>The memory backends that exist by name. One has pages only while a device uses it.</summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf.</remarks>
internal sealed class MemoryBackendSet
{
    private const ulong PageSize = 4096;

    private readonly Lock gate = new();
    private readonly List<(MemoryBackendConfig Config, string? User)> backends = [];

    public IReadOnlyList<MemoryBackendInfo> GetAll()
    {
        lock (gate)
        {
            return [.. backends.Select(b => new MemoryBackendInfo(b.Config, b.User))];
        }
    }

    /// <exception cref="VmException">DuplicateId, InvalidDevice.</exception>
    public void Add(MemoryBackendConfig config)
    {
        Check(config);
        lock (gate)
        {
            if (Find(config.Name) >= 0)
            {
                throw new VmException(
                    VmErrorCode.DuplicateId, $"attempt to add duplicate property '{config.Name}' to object (type 'container')") { DeviceId = config.Name };
            }

            backends.Add((config, null));
        }
    }

    /// <exception cref="VmException">BackendNotFound, BackendInUse.</exception>
    public void Remove(string name)
    {
        lock (gate)
        {
            int index = Require(name);
            if (backends[index].User is { } user)
            {
                throw new VmException(VmErrorCode.BackendInUse, $"object '{name}' is in use by '{user}', can not be deleted") { DeviceId = name };
            }

            backends.RemoveAt(index);
        }
    }

    /// <summary>Takes a backend for a device.</summary>
    /// <exception cref="VmException">BackendNotFound, BackendInUse.</exception>
    public MemoryBackendConfig Acquire(string name, string user)
    {
        lock (gate)
        {
            int index = Require(name);
            if (backends[index].User is { } other)
            {
                throw new VmException(VmErrorCode.BackendInUse, $"can't use already busy memdev: {name} (in use by '{other}')") { DeviceId = name };
            }

            backends[index] = (backends[index].Config, user);
            return backends[index].Config;
        }
    }

    /// <summary>Gives a backend back.</summary>
    public void Release(string name)
    {
        lock (gate)
        {
            int index = Find(name);
            if (index >= 0)
            {
                backends[index] = (backends[index].Config, null);
            }
        }
    }

    /// <summary>Finds what is wrong with a backend, named or not.</summary>
    /// <exception cref="VmException">InvalidDevice.</exception>
    public static void Check(MemoryBackendConfig config)
    {
        string? problem = config.Size == 0 || config.Size % PageSize != 0
            ? $"the size 0x{config.Size:x} of memory backend '{config.Name}' is not a multiple of 0x{PageSize:x}"
            : config.Kind == MemoryBackendKind.File && string.IsNullOrEmpty(config.Path)
                ? $"memory backend '{config.Name}' has no path"
            : config.Kind != MemoryBackendKind.File && config.Path is not null
                ? $"memory backend '{config.Name}' has a path, '{config.Path}', and is not of a file"
            : config.Kind == MemoryBackendKind.File && Directory.Exists(config.Path)
                ? $"'{config.Path}' of memory backend '{config.Name}' is a directory; files without a name are not built"
            : config.HugePages && config.Kind != MemoryBackendKind.Memfd
                ? $"memory backend '{config.Name}' has huge pages, which only memory-backend-memfd can have"
            : PageRules.FindProblem(config.Size, config.HugePages, config.HugePageSize) is { } wrong
                ? $"the huge page size of memory backend '{config.Name}': {wrong}"
            : null;
        if (problem is not null)
        {
            throw new VmException(VmErrorCode.InvalidDevice, problem) { DeviceId = config.Name };
        }
    }

    /// <summary>Pages as configured, none of them touched.</summary>
    /// <param name="config">What pages.</param>
    /// <param name="comesAndGoes">Huge pages are not reserved: each part is committed before it is used.</param>
    /// <exception cref="HostException">The host refused.</exception>
    public static HostMapping Open(MemoryBackendConfig config, bool comesAndGoes)
    {
        string purpose = $"memory backend '{config.Name}'";
        HostMapping mapping = config.HugePages ? HostMapping.AllocateHuge(config.Size, config.HugePageSize, purpose, reserve: !comesAndGoes)
            : config.Kind == MemoryBackendKind.File ? HostMapping.OpenFile(config.Path!, config.Size, config.Share)
            : config.Kind == MemoryBackendKind.Memfd || config.Share ? HostMapping.AllocateShared(config.Size, purpose)
            : HostMapping.AllocatePrivate(config.Size, purpose);
        mapping.PreferHugePages();
        return mapping;
    }

    private int Find(string name) => backends.FindIndex(b => b.Config.Name == name);

    private int Require(string name)
    {
        int index = Find(name);
        return index >= 0
            ? index
            : throw new VmException(VmErrorCode.BackendNotFound, $"object '{name}' not found") { DeviceId = name };
    }
}
