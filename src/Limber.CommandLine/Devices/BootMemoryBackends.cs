using Limber.Config.Backends;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.CommandLine.Devices;

/// <summary>The memory backends that NUMA nodes have.</summary>
/// <remarks>
/// The boot memory of all nodes is one allocation: no guest and no user can tell. So the backends give sizes, and one shared
/// backend makes all of the memory shared.
/// </remarks>
/// <param name="objects">All objects of the command line.</param>
internal sealed class BootMemoryBackends(DeviceCollection objects)
{
    private const ulong PageSize = 4096;

    /// <summary>A node's memory is shared.</summary>
    public bool AnyShared { get; private set; }

    /// <summary>Gives a backend to a NUMA node.</summary>
    /// <param name="option">The option that names it, for messages.</param>
    /// <param name="id">The backend's id.</param>
    public MemoryBackendConfig Take(string option, string id)
    {
        try
        {
            MemoryBackendConfig backend = objects.TakeBootMemory(id) ?? throw new CommandLineException($"{option}: memdev={id} is ambiguous");
            RequireBuilt(option, backend);
            AnyShared |= backend.Share;
            return backend;
        }
        catch (OptionException refusal)
        {
            throw new CommandLineException(refusal.Message);
        }
    }

    private static void RequireBuilt(string option, MemoryBackendConfig backend)
    {
        if (backend.Kind == MemoryBackendKind.File)
        {
            throw CommandLineException.NotBuilt(
                $"{option}: boot memory of a file", $"supported: {MemoryBackendOptions.RamType}, {MemoryBackendOptions.MemfdType}");
        }

        if (backend.Preallocate)
        {
            throw CommandLineException.NotBuilt($"{option}: boot memory with prealloc=on", "supported: off");
        }

        if (backend.Size % PageSize != 0)
        {
            throw new CommandLineException($"{option}: the size of memory backend {backend.Name}, {backend.Size}, is not a multiple of {PageSize}");
        }
    }
}
