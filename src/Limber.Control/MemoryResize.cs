using System.Collections.Generic;

namespace Limber.Control;

/// <summary>What a request for a memory size led to.</summary>
/// <param name="DesiredSize">Bytes that were asked for.</param>
/// <param name="ExpectedSize">
/// Bytes the machine has when every operation completes. Where that is more than <see cref="DesiredSize"/> no set of whole DIMMs makes up
/// the difference, and the rest goes at the next reset. So does all that the guest refuses to give back.
/// </param>
/// <param name="Operations">Those begun or still pending; empty when nothing is to be done, or before the guest starts.</param>
public sealed record MemoryResize(ulong DesiredSize, ulong ExpectedSize, IReadOnlyList<IHotplugOperation> Operations);
