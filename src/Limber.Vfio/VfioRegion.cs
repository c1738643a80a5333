using System.Collections.Immutable;

namespace Limber.Vfio;

/// <summary>A region of a device: a BAR, or its configuration space.</summary>
/// <param name="Index">The kernel's number of it: 0 to 5 are the BARs.</param>
/// <param name="Size">Bytes; 0 when the device has no such region.</param>
/// <param name="Offset">Where it begins in the device's file.</param>
/// <param name="Access">What can be done with it.</param>
/// <param name="MappableAreas">The parts that can be mapped into this process; ascending, page aligned.</param>
public sealed record VfioRegion(int Index, ulong Size, ulong Offset, VfioRegionAccess Access, ImmutableArray<VfioArea> MappableAreas);
