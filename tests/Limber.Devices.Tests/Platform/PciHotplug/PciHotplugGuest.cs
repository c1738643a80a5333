using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Limber.Device;
using Limber.Devices.Platform.PciHotplug;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.PciHotplug;

/// <summary>Plays the guest's ACPI code, by the layout in docs/pci.md and not by the device's own constants.</summary>
internal sealed class PciHotplugGuest(GuestMemory memory, GuestAddress area, PciHotplugController controller)
{
    /// <summary>What Notify was called with, in order.</summary>
    public List<(int Slot, int Value)> Notified { get; } = [];

    public uint Read(uint offset)
    {
        Span<byte> word = stackalloc byte[4];
        memory.Read(area + offset, word);
        return BinaryPrimitives.ReadUInt32LittleEndian(word);
    }

    public void Write(uint offset, uint value) => memory.WriteUInt32(area + offset, value);

    public bool Sta(int slot) => (Read(0x100 + (4 * (uint)slot)) & 1) != 0;

    /// <summary>The method PSCN.</summary>
    public void Scan()
    {
        uint sequence = Read(0x80);
        if (sequence == Read(0x1000))
        {
            return;
        }

        Write(0x1000, sequence);
        for (int slot = 0; slot < 64; slot++)
        {
            Check(slot);
        }
    }

    public IoStatus Eject(int slot) => Ring((uint)slot);

    public IoStatus Ost(int slot, uint sourceEvent, uint status)
    {
        Write(0x1104 + (16 * (uint)slot), sourceEvent);
        Write(0x1108 + (16 * (uint)slot), status);
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
        uint handled = 0x1100 + (16 * (uint)slot);
        if (state == Read(handled))
        {
            return;
        }

        Write(handled, state);
        if ((state & 2) != 0)
        {
            Notified.Add((slot, 0));
        }

        if ((state & 4) != 0)
        {
            Notified.Add((slot, 3));
        }
    }
}
