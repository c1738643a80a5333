using Limber.Config;
using Limber.Config.Backends;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.CommandLine.Devices;

/// <summary>The memory backends that NUMA nodes have.</summary>
/// <remarks>
/// The boot memory of all nodes is one allocation: no guest and no user can tell. So the backends give sizes, one shared
/// backend makes all of the memory shared, and what else they say of their pages has to be the same for all.
/// </remarks>
/// <param name="objects">All objects of the command line.</param>
internal sealed class BootMemoryBackends(DeviceCollection objects)
{
    private const ulong PageSize = 4096;

    private MemoryBackendConfig? first;
    private bool anyShared;

    /// <summary>Gives the boot memory the pages that the backends have.</summary>
    public MemoryConfig Apply(MemoryConfig memory) => memory with
    {
        Shared = memory.Shared || anyShared,
        HugePages = first?.HugePages ?? false,
        HugePageSize = first?.HugePageSize,
        Preallocate = memory.Preallocate || (first?.Preallocate ?? false),
    };

    /// <summary>Gives a backend to a NUMA node.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="id">The backend's id.</param>
    public MemoryBackendConfig Take(string option, string id)
    {
        try
        {
            MemoryBackendConfig backend = objects.TakeBootMemory(id) ?? throw new CommandLineException($"{option}: memdev={id} is ambiguous");
            RequireBuilt(option, backend);
            anyShared |= backend.Share;
            first ??= backend;
            return backend;
        }
        catch (OptionException refusal)
        {
            throw new CommandLineException(refusal.Message);
        }
    }

    private void RequireBuilt(string option, MemoryBackendConfig backend)
    {
        if (backend.Kind == MemoryBackendKind.File)
        {
            throw CommandLineException.NotBuilt(
                $"{option}: boot memory of a file", $"supported: {MemoryBackendOptions.RamType}, {MemoryBackendOptions.MemfdType}");
        }

        if (first is { } other
            && (backend.Preallocate, backend.HugePages, backend.HugePageSize) != (other.Preallocate, other.HugePages, other.HugePageSize))
        {
            throw CommandLineException.NotBuilt(
                $"{option}: boot memory of unlike pages", $"supported: prealloc, hugetlb and hugetlbsize of {backend.Name} as {other.Name} has them");
        }

        if (backend.Size % PageSize != 0)
        {
            throw new CommandLineException($"{option}: the size of memory backend {backend.Name}, {backend.Size}, is not a multiple of {PageSize}");
        }
    }
}
