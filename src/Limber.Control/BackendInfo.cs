using Limber.Config.Backends;

namespace Limber.Control;

/// <summary>A named backend at one moment.</summary>
/// <param name="Config">What it was made from.</param>
/// <param name="UserPath">Object path of the device that uses it, or null.</param>
/// <param name="SizeBytes">Capacity of a disk image; 0 for others.</param>
/// <param name="Format">Format of a disk image as found (<c>raw</c>, <c>qcow2</c>); null for others.</param>
public sealed record BackendInfo(BackendConfig Config, string? UserPath, ulong SizeBytes = 0, string? Format = null);
