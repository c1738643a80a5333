using System;
using System.Buffers.Binary;
using System.Threading;
using Limber.Device;

namespace Limber.Pci;

/// <summary>
/// Configuration mechanism #1 (PCI 3.0, 3.2.2.3.2): the address at 0xCF8, the data at 0xCFC.
/// <code>
/// address:  31      30       24 23    16 15       11 10        8 7          2 1 0
///          +------+------------+--------+-----------+-----------+------------+---+
///          |enable|      0     |  bus   |  device   | function  |  register  | 0 |
///          +------+------------+--------+-----------+-----------+------------+---+
/// </code>
/// Only a whole double word reaches the address; narrower accesses there belong to others, who are absent here.
/// </summary>
internal sealed class PciConfigPorts(PciHostBridge bridge) : IIoDevice, IResettable
{
    public const ulong FirstPort = 0xCF8;
    public const ulong PortCount = 8;

    private const ulong DataOffset = 4;
    private const uint Enable = 0x8000_0000;
    private const uint Writable = 0x80FF_FFFC;

    private uint address;

    public void Reset() => Volatile.Write(ref address, 0);

    public IoStatus Read(ulong offset, Span<byte> data)
    {
        if (offset < DataOffset)
        {
            if (offset != 0 || data.Length != sizeof(uint))
            {
                return IoStatus.InvalidWidth;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(data, Volatile.Read(ref address));
            return IoStatus.Ok;
        }

        uint now = Volatile.Read(ref address);
        if ((now & Enable) != 0)
        {
            bridge.ReadConfig((byte)((now >> 16) & 0xFF), (int)((now >> 8) & 0xFF), RegisterOf(now, offset), data);
        }

        return IoStatus.Ok;
    }

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset < DataOffset)
        {
            if (offset != 0 || data.Length != sizeof(uint))
            {
                return IoStatus.InvalidWidth;
            }

            Volatile.Write(ref address, BinaryPrimitives.ReadUInt32LittleEndian(data) & Writable);
            return IoStatus.Ok;
        }

        uint now = Volatile.Read(ref address);
        if ((now & Enable) != 0)
        {
            bridge.WriteConfig((byte)((now >> 16) & 0xFF), (int)((now >> 8) & 0xFF), RegisterOf(now, offset), data);
        }

        return IoStatus.Ok;
    }

    private static int RegisterOf(uint address, ulong offset) => (int)(address & 0xFC) + (int)(offset - DataOffset);
}
