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

    /// <summary>A file that persistent memory maps.</summary>
    /// <param name="Id">Id.</param>
    /// <param name="File">The file.</param>
    /// <param name="Size">Bytes.</param>
    /// <param name="Shared">What the guest writes reaches the file.</param>
    public sealed record MemoryFile(string Id, string File, ulong Size, bool Shared) : NamedObject(Id, "memory-backend-file");
}
