using Limber.Interop;
using Limber.Memory;

namespace Limber.VhostUser;

/// <summary>A virtqueue as it is handed to a back end.</summary>
public sealed record VhostUserRing
{
    /// <summary>Descriptors.</summary>
    public required uint Size { get; init; }

    /// <summary>Index of the first entry the back end takes.</summary>
    public ushort Base { get; init; }

    /// <summary>Guest address of the descriptor table.</summary>
    public required GuestAddress Descriptors { get; init; }

    /// <summary>Guest address of the driver area (available ring).</summary>
    public required GuestAddress Driver { get; init; }

    /// <summary>Guest address of the device area (used ring).</summary>
    public required GuestAddress Device { get; init; }

    /// <summary>The guest's doorbell.</summary>
    public required HostEvent Kick { get; init; }

    /// <summary>The guest's interrupt.</summary>
    public required HostEvent Call { get; init; }
}
