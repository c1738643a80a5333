using Limber.Device;

namespace Limber.Kvm;

/// <summary>
/// One entry of the IOAPIC's redirection table, as a guest writes it that knows of extended destinations.
/// <code>
///  63       56 55        49 48      17  16   15   14  13  12  11 10     8 7       0
/// +-----------+------------+----------+----+-----+---+---+---+---+--------+--------+
/// | dest 7:0  | dest 14:8  |    0     |mask|level|IRR|pol|sts|DM |  mode  | vector |
/// +-----------+------------+----------+----+-----+---+---+---+---+--------+--------+
/// </code>
/// Sources: Intel 82093AA datasheet, 3.2.4. Bits 55 to 49 mirror bits 11 to 5 of a message's address, see <see cref="MsiAddress"/>.
/// </summary>
/// <param name="Bits">The entry.</param>
internal readonly record struct IoApicRedirection(ulong Bits)
{
    private const ulong ExtendedDestination = 0xFEUL << 48;
    private const ulong Level = 1 << 15;
    private const ulong Masked = 1 << 16;
    private const ulong MessageWindow = 0xFEE0_0000;

    /// <summary>
    /// True when an edge on the pin is for an APIC id above 255. The kernel's IOAPIC knows eight bits of a destination and would
    /// interrupt another processor.
    /// </summary>
    /// <remarks>
    /// Masked, an edge is for the kernel to lose. A level needs the kernel's IOAPIC, which waits for the end of interrupt:
    /// no line of this platform is one.
    /// </remarks>
    public bool IsEdgeToExtendedDestination => (Bits & ExtendedDestination) != 0 && (Bits & (Masked | Level)) == 0;

    /// <summary>The message that an edge on the pin stands for, as a guest would program it.</summary>
    public MsiMessage ToMessage()
    {
        ulong destination = (Bits >> 56 << 12) | ((Bits & ExtendedDestination) >> 48 << 4);
        ulong logical = (Bits >> 11 & 1) << 2;
        return new MsiMessage(MessageWindow | destination | logical, (uint)(Bits & 0x7FF));
    }
}
