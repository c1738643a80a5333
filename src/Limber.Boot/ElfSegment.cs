using Limber.Memory;

namespace Limber.Boot;

/// <summary>A part of an ELF kernel that is loaded.</summary>
/// <param name="Offset">Of its bytes in the file.</param>
/// <param name="FileSize">Bytes that are in the file; at most the length of <paramref name="Place"/>, the rest of which is zero.</param>
/// <param name="Place">Guest physical memory, not empty.</param>
internal readonly record struct ElfSegment(ulong Offset, ulong FileSize, GuestRange Place);
