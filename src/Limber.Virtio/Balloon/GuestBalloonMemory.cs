using Limber.Interop;
using Limber.Memory;

namespace Limber.Virtio.Balloon;

/// <summary>Discards pages of the guest's RAM, private or shared.</summary>
/// <param name="map">The guest's RAM.</param>
public sealed class GuestBalloonMemory(GuestMemoryMap map) : IBalloonMemory
{
    /// <inheritdoc/>
    public bool Release(nint host, nuint length)
    {
        foreach (GuestMemoryRegion region in map.Current.Regions)
        {
            HostMapping mapping = region.Mapping;
            if (host >= mapping.Address && (ulong)(host - mapping.Address) < mapping.Length)
            {
                ulong offset = (ulong)(host - mapping.Address);
                return length <= mapping.Length - offset && mapping.TryDiscard(offset, length);
            }
        }

        return false;
    }
}
