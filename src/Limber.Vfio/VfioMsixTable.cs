using System;
using Limber.Device;

namespace Limber.Vfio;

/// <summary>The guest's MSI-X table, which tells when the guest unmasks a vector.</summary>
/// <remarks>Thread: as its parts. Guest-controlled: everything.</remarks>
internal sealed class VfioMsixTable(IIoDevice table, Action<int> unmasked) : IIoDevice
{
    private const int EntrySize = 16;
    private const int ControlOffset = 12;
    private const byte MaskBit = 1;

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data) => table.Read(offset, data);

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        IoStatus status = table.Write(offset, data);
        if (status != IoStatus.Ok)
        {
            return status;
        }

        // The table takes aligned accesses of 4 and 8 bytes, so the control word is the last one written or not written at all.
        int inside = (int)(offset % EntrySize);
        int control = ControlOffset - inside;
        if (control >= 0 && control < data.Length && (data[control] & MaskBit) == 0)
        {
            unmasked((int)(offset / EntrySize));
        }

        return status;
    }
}
