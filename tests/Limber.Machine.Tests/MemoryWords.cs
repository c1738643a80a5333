using Iced.Intel;
using Limber.Boot;
using static Iced.Intel.AssemblerRegisters;

namespace Limber.Machine.Tests;

/// <summary>The memory hotplug protocol played by a guest of a few instructions, as <see cref="HotplugWords"/> does it for processors.</summary>
internal sealed class MemoryWords
{
    private const uint Insert = 2;
    private const uint Remove = 4;

    private readonly uint area;
    private readonly uint guestPart;

    /// <param name="slots">DIMM slots of a machine of <see cref="TinyGuest.Configure"/>.</param>
    public MemoryWords(int slots)
    {
        area = (uint)FirmwareArea.Place(MemoryLayout.For(TinyGuest.Configure(null).Memory.Size), 1, 0, slots).MemoryHotplug.Start.Value;
        guestPart = area + ((0x800 + (32 * (uint)slots) + 0xFFF) & ~0xFFFu);
    }

    /// <summary>Waits for a DIMM, reads the request, and reports success.</summary>
    public void AcceptInsert(Assembler c, int slot)
    {
        Await(c, slot, Insert);
        Read(c, slot);
        Ost(c, slot, 1, 0);
    }

    /// <summary>Waits until a DIMM is asked back, and reads the request.</summary>
    public void AwaitRemoval(Assembler c, int slot)
    {
        Await(c, slot, Remove);
        Read(c, slot);
    }

    /// <summary>Reports a status.</summary>
    public void Ost(Assembler c, int slot, uint sourceEvent, uint status)
    {
        uint record = guestPart + 0x100 + (16 * (uint)slot);
        c.mov(__dword_ptr[record + 4], sourceEvent);
        c.mov(__dword_ptr[record + 8], status);
        Doorbell(c, 0x10000 | (uint)slot);
    }

    /// <summary>Ejects a DIMM.</summary>
    public void Eject(Assembler c, int slot) => Doorbell(c, (uint)slot);

    private static void Doorbell(Assembler c, uint value)
    {
        c.mov(dx, 0x62C);
        c.mov(eax, value);
        c.@out(dx, eax);
    }

    private void Read(Assembler c, int slot)
    {
        c.mov(eax, __dword_ptr[area + 0x100 + (4 * (uint)slot)]);
        c.mov(__dword_ptr[guestPart + 0x100 + (16 * (uint)slot)], eax);
    }

    private void Await(Assembler c, int slot, uint flag)
    {
        Label again = c.CreateLabel();
        c.Label(ref again);
        c.test(__dword_ptr[area + 0x100 + (4 * (uint)slot)], flag);
        c.je(again);
    }
}
