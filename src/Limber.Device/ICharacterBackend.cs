using System;

namespace Limber.Device;

/// <summary>The host side of a serial port: a byte stream that never blocks the guest.</summary>
public interface ICharacterBackend : IDisposable
{
    /// <summary>
    /// Starts delivering input to <paramref name="frontend"/>, on a thread of the backend's own. Called once.
    /// </summary>
    void Start(ICharacterFrontend frontend);

    /// <summary>
    /// Takes as many bytes as fit in the backend's bounded buffer and returns their number, at once; 0 when it is
    /// full, in which case <see cref="ICharacterFrontend.OutputDrained"/> follows when there is room again.
    /// A backend with nobody at the other end takes and drops everything.
    /// </summary>
    /// <remarks>Thread: vCPU threads; allocates nothing.</remarks>
    int Write(ReadOnlySpan<byte> data);
}
