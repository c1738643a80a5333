namespace Limber.Config;

/// <summary>Guest memory present at boot.</summary>
/// <param name="Size">Bytes; a multiple of 4096.</param>
/// <param name="Shared">Back the memory by a shared file descriptor instead of private anonymous pages.</param>
public sealed record MemoryConfig(ulong Size, bool Shared = false);
