using System;
using System.Buffers.Binary;
using System.Text;

namespace Limber.Acpi;

/// <summary>
/// Builds a system description table: the common header (ACPI 6.5, 5.2.6) and a body.
/// <code>
///  0 signature (4)   4 length of the whole table (4)   8 revision   9 checksum: all bytes add up to 0
/// 10 OEM id (6)     16 OEM table id (8)               24 OEM revision (4)
/// 28 creator id (4) 32 creator revision (4)           36 body
/// </code>
/// </summary>
/// <remarks>A builder may be built several times. Thread: one at a time.</remarks>
public abstract class AcpiTableBuilder
{
    /// <summary>Size of the header in bytes.</summary>
    public const int HeaderSize = 36;

    internal const string OemId = "LIMBER";

    private const string CreatorId = "LMBR";
    private const int LengthOffset = 4;
    private const int ChecksumOffset = 9;

    private readonly string oemTableId = "LIMBERVM";

    private protected AcpiTableBuilder(string signature, byte revision)
    {
        Signature = signature;
        Revision = revision;
    }

    /// <summary>Four characters.</summary>
    public string Signature { get; }

    /// <summary>Revision of the table's format.</summary>
    public byte Revision { get; }

    /// <summary>Names the table within its OEM: 1 to 8 printable ASCII characters.</summary>
    public string OemTableId
    {
        get => oemTableId;
        init
        {
            ArgumentException.ThrowIfNullOrEmpty(value);
            if (value.Length > 8 || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                throw new ArgumentException($"OEM table id '{value}' must have 1 to 8 printable ASCII characters.", nameof(value));
            }

            oemTableId = value;
        }
    }

    /// <summary>Revision of the table's content.</summary>
    public uint OemRevision { get; init; } = 1;

    /// <summary>The table, with its checksum.</summary>
    /// <exception cref="ArgumentException">The content can't be encoded.</exception>
    public byte[] Build()
    {
        var buffer = new AmlBuffer(HeaderSize + BodySizeHint);
        buffer.Bytes(Encoding.ASCII.GetBytes(Signature));
        // Length and checksum are known at the end.
        buffer.DWord(0);
        buffer.Byte(Revision);
        buffer.Byte(0);
        buffer.Bytes(Encoding.ASCII.GetBytes(OemId));
        buffer.Bytes(Encoding.ASCII.GetBytes(OemTableId.PadRight(8)));
        buffer.DWord(OemRevision);
        buffer.Bytes(Encoding.ASCII.GetBytes(CreatorId));
        buffer.DWord(1);
        WriteBody(buffer);
        byte[] table = buffer.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(LengthOffset), table.Length);
        table[ChecksumOffset] = AcpiChecksum.Complement(table);
        return table;
    }

    /// <summary>Expected size of the body in bytes, to allocate once.</summary>
    private protected virtual int BodySizeHint => 256;

    /// <summary>Appends what comes behind the header.</summary>
    private protected abstract void WriteBody(AmlBuffer buffer);
}
