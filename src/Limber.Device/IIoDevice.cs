using System;

namespace Limber.Device;

/// <summary>
/// A range of registers on a port or memory-mapped bus.
/// </summary>
/// <remarks>
/// Thread: any vCPU thread, several at once; a device locks what it needs and calls nobody while it holds a lock.
/// Guest-controlled: offset, width and data. No input may make an implementation throw or allocate.
/// </remarks>
public interface IIoDevice
{
    /// <summary>Reads <paramref name="data"/>.Length bytes (1, 2, 4 or 8), little-endian. The bus has filled the buffer with ones.</summary>
    /// <param name="offset">Bytes from the start of the registered range.</param>
    /// <param name="data">Receives the value.</param>
    IoStatus Read(ulong offset, Span<byte> data);

    /// <summary>Writes <paramref name="data"/>.Length bytes (1, 2, 4 or 8), little-endian.</summary>
    IoStatus Write(ulong offset, ReadOnlySpan<byte> data);
}
