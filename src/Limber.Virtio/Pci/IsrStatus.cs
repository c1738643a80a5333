using System;
using System.Threading;
using Limber.Device;

namespace Limber.Virtio.Pci;

/// <summary>The ISR status register behind the interrupt pin: reading it clears it and releases the pin (VIRTIO 1.2, 4.1.4.5).</summary>
/// <remarks>
/// Thread: any. Lock order: <see cref="gate"/>, then the function's pin, so that the level always follows the bits; only the
/// pin is called under it.
/// </remarks>
internal sealed class IsrStatus(Action<bool> setPin) : IIoDevice
{
    public const byte Queue = 1;
    public const byte Config = 2;
    private readonly Lock gate = new();
    private byte bits;

    public void Raise(byte reason)
    {
        lock (gate)
        {
            bits |= reason;
            setPin(true);
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            bits = 0;
            setPin(false);
        }
    }

    public IoStatus Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        if (offset != 0)
        {
            return IoStatus.Ok;
        }

        lock (gate)
        {
            data[0] = bits;
            bits = 0;
            setPin(false);
        }

        return IoStatus.Ok;
    }

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => IoStatus.Ok;
}
