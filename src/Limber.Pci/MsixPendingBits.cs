using System;
using System.Buffers.Binary;
using Limber.Device;

namespace Limber.Pci;

/// <summary>The MSI-X pending bit array as the guest reaches it; writes have no effect (PCI 3.0, 6.8.2).</summary>
internal sealed class MsixPendingBits(MsixCapability msix) : IIoDevice
{
    public IoStatus Read(ulong offset, Span<byte> data)
    {
        IoStatus status = MsixAccess.Check(offset, data.Length, msix.PendingBitsLength);
        for (int i = 0; status == IoStatus.Ok && i < data.Length; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data[i..], msix.ReadPending(((int)offset + i) * 8));
        }

        return status;
    }

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => MsixAccess.Check(offset, data.Length, msix.PendingBitsLength);
}
