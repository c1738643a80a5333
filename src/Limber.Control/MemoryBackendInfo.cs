using Limber.Config.Backends;

namespace Limber.Control;

/// <summary>A named memory backend at one moment.</summary>
/// <param name="Config">What it was made from.</param>
/// <param name="UserPath">Object path of the memory device that uses it, or null.</param>
public sealed record MemoryBackendInfo(MemoryBackendConfig Config, string? UserPath);
