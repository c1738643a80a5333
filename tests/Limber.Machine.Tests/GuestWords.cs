using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Limber.Machine.Tests;

/// <summary>
/// The hotplug protocol played by a guest of a few instructions, which has no ACPI: the addresses are those that the machine
/// tells in its tables. Layout: docs/hotplug.md.
/// </summary>
/// <param name="area">Guest address of the words that the VMM writes.</param>
/// <param name="guestOffset">Where behind it those that the guest writes begin, before they are aligned to a page.</param>
/// <param name="doorbell">The doorbell's port.</param>
internal abstract class GuestWords(uint area, uint guestOffset, ushort doorbell)
{
    private const uint InsertFlag = 2;
    private const uint RemoveFlag = 4;

    private readonly uint guestPart = area + ((guestOffset + 0xFFF) & ~0xFFFu);

    /// <summary>Waits until something is shown as inserted, and does not read that as ACPI would.</summary>
    public void AwaitInsertUnread(Assembler c, int slot) => Await(c, slot, InsertFlag, set: true);

    /// <summary>Waits until something is inserted, reads the request, and reports success.</summary>
    public void AcceptInsert(Assembler c, int slot)
    {
        Await(c, slot, InsertFlag, set: true);
        Read(c, slot);
        Ost(c, slot, sourceEvent: 1, status: 0);
    }

    /// <summary>Waits until something is asked back, and reads the request.</summary>
    public void AwaitRemoval(Assembler c, int slot)
    {
        Await(c, slot, RemoveFlag, set: true);
        Read(c, slot);
    }

    /// <summary>Reads that something was inserted, and waits until that is over.</summary>
    public void OutwaitInsert(Assembler c, int slot) => Outwait(c, slot, InsertFlag);

    /// <summary>Reads that something is asked back, and waits until that is over.</summary>
    public void OutwaitRemoval(Assembler c, int slot) => Outwait(c, slot, RemoveFlag);

    /// <summary>Reports a status.</summary>
    public void Ost(Assembler c, int slot, uint sourceEvent, uint status)
    {
        uint record = guestPart + 0x100 + (16 * (uint)slot);
        c.mov(__dword_ptr[record + 4], sourceEvent);
        c.mov(__dword_ptr[record + 8], status);
        Ring(c, 0x10000 | (uint)slot);
    }

    /// <summary>Ejects what is in a slot.</summary>
    public void Eject(Assembler c, int slot) => Ring(c, (uint)slot);

    private void Ring(Assembler c, uint value)
    {
        c.mov(dx, doorbell);
        c.mov(eax, value);
        c.@out(dx, eax);
    }

    private void Outwait(Assembler c, int slot, uint flag)
    {
        Await(c, slot, flag, set: true);
        Read(c, slot);
        Await(c, slot, flag, set: false);
    }

    // As the slot's CHK method does.
    private void Read(Assembler c, int slot)
    {
        c.mov(eax, __dword_ptr[area + 0x100 + (4 * (uint)slot)]);
        c.mov(__dword_ptr[guestPart + 0x100 + (16 * (uint)slot)], eax);
    }

    private void Await(Assembler c, int slot, uint flag, bool set)
    {
        Label again = c.CreateLabel();
        c.Label(ref again);
        c.test(__dword_ptr[area + 0x100 + (4 * (uint)slot)], flag);
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
