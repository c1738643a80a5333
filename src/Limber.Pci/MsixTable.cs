using System;
using System.Buffers.Binary;
using Limber.Device;

namespace Limber.Pci;

/// <summary>The MSI-X table as the guest reaches it: aligned double and quad words (PCI 3.0, 6.8.2).</summary>
internal sealed class MsixTable(MsixCapability msix) : IIoDevice
{
    public IoStatus Read(ulong offset, Span<byte> data)
    {
        IoStatus status = MsixAccess.Check(offset, data.Length, msix.TableLength);
        for (int i = 0; status == IoStatus.Ok && i < data.Length; i += 4)
        {
            int register = ((int)offset + i) / 4;
            BinaryPrimitives.WriteUInt32LittleEndian(data[i..], msix.ReadEntry(register / 4, register % 4));
        }

        return status;
    }

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        IoStatus status = MsixAccess.Check(offset, data.Length, msix.TableLength);
        for (int i = 0; status == IoStatus.Ok && i < data.Length; i += 4)
        {
            int register = ((int)offset + i) / 4;
            msix.WriteEntry(register / 4, register % 4, BinaryPrimitives.ReadUInt32LittleEndian(data[i..]));
        }

        return status;
    }
}
