using System;
using Limber.Device;

namespace Limber.Pci;

/// <summary>
/// Configuration space in memory (PCIe 6.0, 7.2.2): bus in bits 27 to 20, device and function in 19 to 12, register below.
/// </summary>
internal sealed class PciEcam(PciHostBridge bridge) : IIoDevice
{
    public IoStatus Read(ulong offset, Span<byte> data)
    {
        for (int i = 0; i < data.Length; i += sizeof(uint))
        {
            Span<byte> part = data[i..Math.Min(data.Length, i + sizeof(uint))];
            ulong place = offset + (ulong)i;
            bridge.ReadConfig((byte)((place >> 20) & 0xFF), (int)((place >> 12) & 0xFF), (int)(place & 0xFFF), part);
        }

        return IoStatus.Ok;
    }

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i += sizeof(uint))
        {
            ReadOnlySpan<byte> part = data[i..Math.Min(data.Length, i + sizeof(uint))];
            ulong place = offset + (ulong)i;
            bridge.WriteConfig((byte)((place >> 20) & 0xFF), (int)((place >> 12) & 0xFF), (int)(place & 0xFFF), part);
        }

        return IoStatus.Ok;
    }
}
