using System;
using Limber.Device;

namespace Limber.Pci.Tests.Fakes;

/// <summary>Registers that keep one byte, count accesses, and notice those that come after their owner is gone.</summary>
internal sealed class ScratchRegisters : IIoDevice
{
    private byte value;

    public volatile bool Closed;
    public volatile bool EnteredClosed;

    public IoStatus Read(ulong offset, Span<byte> data)
    {
        EnteredClosed |= Closed;
        data.Fill(value);
        return IoStatus.Ok;
    }

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        EnteredClosed |= Closed;
        value = data[0];
        return IoStatus.Ok;
    }
}
