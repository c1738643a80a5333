using Limber.Memory;

namespace Limber.Virtio;

/// <summary>Where a driver put a queue.</summary>
/// <param name="Size">Entries; a power of two for a split ring.</param>
/// <param name="Descriptors">Descriptor table, or the descriptor ring of a packed queue; 16-byte aligned.</param>
/// <param name="Driver">Available ring (2-byte aligned), or driver event suppression (4-byte aligned).</param>
/// <param name="Device">Used ring (4-byte aligned), or device event suppression (4-byte aligned).</param>
public readonly record struct VirtqueueSettings(int Size, GuestAddress Descriptors, GuestAddress Driver, GuestAddress Device);
