using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Limber.Device;
using Limber.Devices.Platform.MemoryHotplug;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.MemoryHotplug;

/// <summary>Plays the guest's ACPI code, by the layout in docs/memory.md and not by the device's own constants.</summary>
internal sealed class MemoryHotplugGuest(GuestMemory memory, GuestAddress area, int slots, MemoryHotplugController controller)
{
    /// <summary>What Notify was called with, in order.</summary>
    public List<(int Slot, int Value)> Notified { get; } = [];

    private uint GuestPart => ((0x800 + (32 * (uint)slots)) + 0xFFF) & ~0xFFFu;

    public uint Read(uint offset)
    {
        Span<byte> word = stackalloc byte[4];
        memory.Read(area + offset, word);
        return BinaryPrimitives.ReadUInt32LittleEndian(word);
    }

    public void Write(uint offset, uint value) => memory.WriteUInt32(area + offset, value);

    public bool Sta(int slot) => (Read(0x100 + (4 * (uint)slot)) & 1) != 0;

    /// <summary>The methods _CRS and _PXM.</summary>
    public (ulong Address, ulong Length, uint Node) Dimm(int slot)
    {
        uint dimm = 0x800 + (32 * (uint)slot);
        return (Read(dimm) | ((ulong)Read(dimm + 4) << 32), Read(dimm + 8) | ((ulong)Read(dimm + 12) << 32), Read(dimm + 16));
    }

    /// <summary>The method MSCN.</summary>
    public void Scan()
    {
        for (int group = 0; group * 32 < slots; group++)
        {
            uint sequence = Read(0x80 + (4 * (uint)group));
            uint acknowledge = GuestPart + (4 * (uint)group);
            if (sequence == Read(acknowledge))
            {
                continue;
            }

            Write(acknowledge, sequence);
            for (int slot = group * 32; slot < Math.Min(slots, (group + 1) * 32); slot++)
            {
                Check(slot);
            }
        }
    }

    public IoStatus Eject(int slot) => Ring((uint)slot);

    public IoStatus Ost(int slot, uint sourceEvent, uint status)
    {
        Write(GuestPart + 0x104 + (16 * (uint)slot), sourceEvent);
        Write(GuestPart + 0x108 + (16 * (uint)slot), status);
        return Ring(0x10000 | (uint)slot);
    }

    public IoStatus Ring(uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        return controller.Write(0, data);
    }

    private void Check(int slot)
    {
        uint state = Read(0x100 + (4 * (uint)slot));
        uint handled = GuestPart + 0x100 + (16 * (uint)slot);
        if (state == Read(handled))
        {
            return;
        }

        Write(handled, state);
        if ((state & 2) != 0)
        {
            Notified.Add((slot, 1));
        }

        if ((state & 4) != 0)
        {
            Notified.Add((slot, 3));
        }
    }
}
