namespace Limber.CommandLine.Qemu;

/// <summary>A memory backend of <c>-object</c>.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Size">Bytes, not 0.</param>
/// <param name="Shared">Backed by a memory file that other processes could map.</param>
/// <param name="Option">The option and its value as typed, for messages.</param>
internal sealed record QemuMemoryBackend(string Id, ulong Size, bool Shared, string Option)
{
    /// <summary>A NUMA node has it.</summary>
    public bool InUse { get; set; }
}
