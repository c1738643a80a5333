using System.Threading;
using Limber.Virtio.Balloon;

namespace Limber.Machine;

/// <summary>Guest memory of which nothing is given back to the host while devices of the host have it pinned.</summary>
/// <remarks>
/// A page that is discarded behind the back of the IOMMU is replaced by another for the guest, and devices go on using the old
/// one. Thread: any. Lock order: <see cref="gate"/> is a leaf, held while the host discards, so that nothing is under way when
/// <see cref="Hold"/> has returned.
/// </remarks>
internal sealed class HeldBalloonMemory(IBalloonMemory memory) : IBalloonMemory
{
    private readonly Lock gate = new();
    private int holders;

    /// <inheritdoc/>
    public bool Release(nint host, nuint length)
    {
        lock (gate)
        {
            // Kept, and no fault of the guest's: what it let go may read as zeros, but need not.
            return holders != 0 || memory.Release(host, length);
        }
    }

    /// <summary>Nothing is given back from here on. Called before memory is pinned.</summary>
    public void Hold()
    {
        lock (gate)
        {
            holders++;
        }
    }

    /// <summary>Undoes one <see cref="Hold"/>, after the memory is no longer pinned.</summary>
    public void Unhold()
    {
        lock (gate)
        {
            holders--;
        }
    }
}
