using System.Collections.Generic;
using Limber.Control;

namespace Limber.Rest.Handlers;

/// <summary>What a resize began.</summary>
/// <param name="Memory">About memory, or null when that was not asked for.</param>
/// <param name="Operations">All operations, those on memory first.</param>
internal sealed record ResizeOutcome(MemoryResize? Memory, IReadOnlyList<IHotplugOperation> Operations)
{
    /// <summary>Why the memory will not be as small as was asked for even if the guest does all it is asked; null when it will.</summary>
    public string? Remainder => Memory is { } memory && memory.ExpectedSize > memory.DesiredSize
        ? $"memory becomes {memory.ExpectedSize} bytes, {memory.ExpectedSize - memory.DesiredSize} more than desired_ram: "
            + "no whole DIMMs make up the difference, and the rest goes at the next reboot"
        : null;
}
