using System;

namespace Limber.Virtio.Rng;

/// <summary>Where random bytes come from.</summary>
public interface IEntropySource : IDisposable
{
    /// <summary>Fills the start of the buffer with as much as there is now; returns the number of bytes, 0 when there is nothing.</summary>
    /// <remarks>Thread: the device's loop; does not wait and allocates nothing.</remarks>
    /// <exception cref="Interop.HostException">The source is broken.</exception>
    int Read(Span<byte> buffer);
}
