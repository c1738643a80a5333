using Limber.Config.Backends;
using Limber.DeviceOptions.Backends;

namespace Limber.DeviceOptions;

/// <summary>An object that devices refer to by its id (<c>-object</c>, <c>object-add</c>).</summary>
/// <param name="Id">Unique among objects.</param>
/// <param name="TypeName">Such as <c>rng-random</c>.</param>
public abstract record NamedObject(string Id, string TypeName)
{
    /// <summary>A source of entropy.</summary>
    /// <param name="Id">Id.</param>
    /// <param name="TypeName"><c>rng-random</c> or <c>rng-builtin</c>.</param>
    /// <param name="File">What it is read from.</param>
    public sealed record RandomSource(string Id, string TypeName, string File) : NamedObject(Id, TypeName);

    /// <summary>Memory: of a DIMM, a virtio-mem or virtio-pmem device, or a NUMA node.</summary>
    /// <param name="Config">Its name is the id.</param>
    public sealed record Memory(MemoryBackendConfig Config) : NamedObject(Config.Name, MemoryBackendOptions.TypeOf(Config.Kind));
}
