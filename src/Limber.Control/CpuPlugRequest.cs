namespace Limber.Control;

/// <summary>One processor to plug in.</summary>
/// <param name="Index">Slot.</param>
/// <param name="Id">User's id, unique among all devices; null for none.</param>
public sealed record CpuPlugRequest(int Index, string? Id);
