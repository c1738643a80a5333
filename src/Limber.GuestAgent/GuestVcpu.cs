namespace Limber.GuestAgent;

/// <summary>A processor as the guest's agent numbers it.</summary>
/// <param name="LogicalId">The guest's own number, not the machine's slot.</param>
/// <param name="Online">The guest uses it.</param>
/// <param name="CanOffline">The guest can stop using it.</param>
public readonly record struct GuestVcpu(long LogicalId, bool Online, bool CanOffline);
