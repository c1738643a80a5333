namespace Limber.Control;

/// <summary>A processor that is plugged in.</summary>
/// <param name="Id">The id the user gave it, or null.</param>
/// <param name="Path">Object path: <c>/machine/unattached/device[N]</c> for boot processors, <c>/machine/peripheral/ID</c>,
/// or <c>/machine/peripheral-anon/device[N]</c>.</param>
/// <param name="PlugOrder">Grows with every plug; boot processors come first.</param>
/// <param name="BootProcessor">True for those present since creation by count (not by <c>-device</c>).</param>
/// <param name="ThreadId">Host thread id of the vCPU thread, 0 before it has started.</param>
/// <param name="RemovalPending">The guest has been asked to give it back and has not done so.</param>
public sealed record CpuOccupant(string? Id, string Path, long PlugOrder, bool BootProcessor, int ThreadId, bool RemovalPending);
