using System;

namespace Limber.Device;

/// <summary>The guest side of a character device.</summary>
/// <remarks>Thread: the backend's own.</remarks>
public interface ICharacterFrontend
{
    /// <summary>How many bytes <see cref="Receive"/> can take now; the backend reads no more than that from its source.</summary>
    int ReceiveCapacity { get; }

    /// <summary>Input from the host, never longer than the capacity just returned.</summary>
    void Receive(ReadOnlySpan<byte> data);

    /// <summary>The backend has room again after a short <see cref="ICharacterBackend.Write"/>.</summary>
    void OutputDrained();

    /// <summary>Registers the action by which the frontend tells the backend that capacity grew from zero.</summary>
    void OnCapacityAvailable(Action resume);
}
