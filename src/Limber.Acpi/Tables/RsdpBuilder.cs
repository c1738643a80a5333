using System.Text;

namespace Limber.Acpi;

/// <summary>
/// Root system description pointer, revision 2 (ACPI 6.5, 5.2.5.3). It names the XSDT only: 64-bit guests do not read an RSDT.
/// <code>
///  0 "RSD PTR "   8 checksum of bytes 0 to 19   9 OEM id (6)   15 revision    16 RSDT (4), 0
/// 20 length (4)  24 XSDT (8)                   32 checksum of all            33 reserved (3)
/// </code>
/// </summary>
public sealed class RsdpBuilder
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 36;

    private const int FirstPartSize = 20;
    private const int ChecksumOffset = 8;
    private const int ExtendedChecksumOffset = 32;

    /// <param name="xsdtAddress">Guest physical address of the XSDT.</param>
    public RsdpBuilder(ulong xsdtAddress) => XsdtAddress = xsdtAddress;

    /// <summary>Guest physical address of the XSDT.</summary>
    public ulong XsdtAddress { get; }

    /// <summary>The structure, with its checksums.</summary>
    public byte[] Build()
    {
        var buffer = new AmlBuffer(Size);
        buffer.Bytes("RSD PTR "u8);
        buffer.Byte(0);
        buffer.Bytes(Encoding.ASCII.GetBytes(AcpiTableBuilder.OemId));
        buffer.Byte(2);
        buffer.DWord(0);
        buffer.DWord(Size);
        buffer.QWord(XsdtAddress);
        buffer.Zeros(4);
        byte[] bytes = buffer.ToArray();
        bytes[ChecksumOffset] = AcpiChecksum.Complement(bytes[..FirstPartSize]);
        bytes[ExtendedChecksumOffset] = AcpiChecksum.Complement(bytes);
        return bytes;
    }
}
