using Limber.Cpu;

namespace Limber.Control;

/// <summary>One place for a processor, as it was at one moment.</summary>
/// <param name="Index">Dense index, 0..max-1; fixed for the slot.</param>
/// <param name="ApicId">APIC id; it may have holes where a level's count is not a power of two.</param>
/// <param name="Location">Socket, die, module, core and thread.</param>
/// <param name="Occupant">The processor in it, or null when it is empty.</param>
public sealed record CpuSlot(int Index, uint ApicId, CpuLocation Location, CpuOccupant? Occupant);
