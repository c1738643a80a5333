using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Limber.Device;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.CpuHotplug;

/// <summary>Plays the guest's ACPI code, by the layout in docs/hotplug.md and not by the device's own constants.</summary>
internal sealed class HotplugGuest
{
    private readonly GuestMemory memory;
    private readonly GuestAddress area;
    private readonly CpuHotplugController controller;
    private readonly uint guestPart;
    private readonly int count;

    public HotplugGuest(GuestMemory memory, GuestAddress area, CpuHotplugController controller, int count)
    {
        this.memory = memory;
        this.area = area;
        this.controller = controller;
        this.count = count;
        guestPart = (0x100u + (4 * (uint)count) + 0xFFF) & ~0xFFFu;
    }

    /// <summary>What Notify was called with, in order.</summary>
    public List<(int Index, int Value)> Notified { get; } = [];

    public uint Read(uint offset)
    {
        Span<byte> word = stackalloc byte[4];
        memory.Read(area + offset, word);
        return BinaryPrimitives.ReadUInt32LittleEndian(word);
    }

    public void Write(uint offset, uint value) => memory.WriteUInt32(area + offset, value);

    public bool Sta(int index) => (Read(0x100 + (4 * (uint)index)) & 1) != 0;

    /// <summary>The method CSCN.</summary>
    public void Scan()
    {
        for (uint group = 0; group * 32 < count; group++)
        {
            uint sequence = Read(0x80 + (4 * group));
            if (sequence == Read(guestPart + (4 * group)))
            {
                continue;
            }

            Write(guestPart + (4 * group), sequence);
            for (int index = (int)group * 32; index < count && index < (group + 1) * 32; index++)
            {
                Check(index);
            }
        }
    }

    public IoStatus Eject(int index) => Ring((uint)index);

    public IoStatus Ost(int index, uint sourceEvent, uint status)
    {
        Write(guestPart + 0x104 + (16 * (uint)index), sourceEvent);
        Write(guestPart + 0x108 + (16 * (uint)index), status);
        return Ring(0x10000 | (uint)index);
    }

    public IoStatus Ring(uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        return controller.Write(0, data);
    }

    private void Check(int index)
    {
        uint state = Read(0x100 + (4 * (uint)index));
        uint handled = guestPart + 0x100 + (16 * (uint)index);
        if (state == Read(handled))
        {
            return;
        }

        Write(handled, state);
        if ((state & 2) != 0)
        {
            Notified.Add((index, 1));
        }

        if ((state & 4) != 0)
        {
            Notified.Add((index, 3));
        }
    }
}
