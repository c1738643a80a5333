namespace Limber.Virtio.Balloon;

/// <summary>Gives guest memory that the guest does not need back to the host.</summary>
/// <remarks>Thread: the device's loop; allocates nothing.</remarks>
public interface IBalloonMemory
{
    /// <summary>The guest lets go of these bytes; they may read as zeros from now on, until it writes them again.</summary>
    /// <param name="host">Address in this process, page aligned, of guest memory.</param>
    /// <param name="length">Bytes, a multiple of the page size, in one memory region.</param>
    /// <returns>False when the host keeps the pages.</returns>
    bool Release(nint host, nuint length);
}
