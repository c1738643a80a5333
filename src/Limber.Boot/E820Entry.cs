using Limber.Memory;

namespace Limber.Boot;

/// <summary>One line of the memory map: a range that is not empty, and its type.</summary>
public readonly record struct E820Entry(GuestRange Range, E820Type Type);
