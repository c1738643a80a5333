using System;
using Iced.Intel;
using Limber.Boot;
using static Iced.Intel.AssemblerRegisters;

namespace Limber.Machine.Tests;

/// <summary>
/// The processor hotplug protocol played by a guest of a few instructions, which has no ACPI: the addresses are those that
/// the machine tells in its tables. Layout: docs/hotplug.md.
/// </summary>
internal sealed class HotplugWords
{
    private const uint Insert = 2;
    private const uint Remove = 4;

    private readonly uint area;
    private readonly uint guestPart;

    /// <param name="processors">Number of possible processors of the machine of <see cref="TinyGuest.Configure"/>.</param>
    public HotplugWords(int processors)
    {
        area = (uint)FirmwareArea.Place(MemoryLayout.For(TinyGuest.Configure(null).Memory.Size), processors).CpuHotplug.Start.Value;
        guestPart = area + ((0x100 + (4 * (uint)processors) + 0xFFF) & ~0xFFFu);
    }

    /// <summary>Waits until a processor is shown as inserted, and then until that is over.</summary>
    public void OutwaitInsert(Assembler c, int index) => Outwait(c, index, Insert);

    /// <summary>Waits until a processor is asked back, and then until that is over.</summary>
    public void OutwaitRemoval(Assembler c, int index) => Outwait(c, index, Remove);

    /// <summary>Waits until a processor is asked back, and reads the request.</summary>
    public void AwaitRemoval(Assembler c, int index)
    {
        Await(c, index, Remove, set: true);
        Read(c, index);
    }

    /// <summary>Waits until a processor is shown as inserted, and does not read that as ACPI would.</summary>
    public void AwaitInsertUnread(Assembler c, int index) => Await(c, index, Insert, set: true);

    /// <summary>Reports a status.</summary>
    public void Ost(Assembler c, int index, uint sourceEvent, uint status)
    {
        uint record = guestPart + 0x100 + (16 * (uint)index);
        c.mov(__dword_ptr[record + 4], sourceEvent);
        c.mov(__dword_ptr[record + 8], status);
        Doorbell(c, 0x10000 | (uint)index);
    }

    /// <summary>Ejects a processor.</summary>
    public void Eject(Assembler c, int index) => Doorbell(c, (uint)index);

    private static void Doorbell(Assembler c, uint value)
    {
        c.mov(dx, 0x620);
        c.mov(eax, value);
        c.@out(dx, eax);
    }

    private void Outwait(Assembler c, int index, uint flag)
    {
        Await(c, index, flag, set: true);
        Read(c, index);
        Await(c, index, flag, set: false);
    }

    // As the processor's CHK method does.
    private void Read(Assembler c, int index)
    {
        c.mov(eax, __dword_ptr[area + 0x100 + (4 * (uint)index)]);
        c.mov(__dword_ptr[guestPart + 0x100 + (16 * (uint)index)], eax);
    }

    private void Await(Assembler c, int index, uint flag, bool set)
    {
        Label again = c.CreateLabel();
        c.Label(ref again);
        c.test(__dword_ptr[area + 0x100 + (4 * (uint)index)], flag);
        if (set)
        {
            c.je(again);
        }
        else
        {
            c.jne(again);
        }
    }
}
