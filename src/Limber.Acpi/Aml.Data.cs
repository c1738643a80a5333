using System;

namespace Limber.Acpi;

/// <summary>Data.</summary>
public static partial class Aml
{
    /// <summary>An integer in its shortest encoding. Tables of revision 2 and later have 64-bit integers.</summary>
    public static AmlTerm Integer(ulong value)
    {
        var buffer = new AmlBuffer(1 + sizeof(ulong));
        switch (value)
        {
            case 0:
                buffer.Opcode(AmlOpcode.Zero);
                break;
            case 1:
                buffer.Opcode(AmlOpcode.One);
                break;
            case <= byte.MaxValue:
                buffer.Opcode(AmlOpcode.BytePrefix);
                buffer.Byte((byte)value);
                break;
            case <= ushort.MaxValue:
                buffer.Opcode(AmlOpcode.WordPrefix);
                buffer.Word((ushort)value);
                break;
            case <= uint.MaxValue:
                buffer.Opcode(AmlOpcode.DWordPrefix);
                buffer.DWord((uint)value);
                break;
            case ulong.MaxValue:
                // Ones is all bits of an integer of the table's width: 64, see DsdtBuilder.
                buffer.Opcode(AmlOpcode.Ones);
                break;
            default:
                buffer.Opcode(AmlOpcode.QWordPrefix);
                buffer.QWord(value);
                break;
        }

        return Raw(buffer.ToArray());
    }

    /// <summary>A string of ASCII characters other than NUL.</summary>
    public static AmlTerm String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var buffer = new AmlBuffer(value.Length + 2);
        buffer.Opcode(AmlOpcode.StringPrefix);
        foreach (char c in value)
        {
            if (c is '\0' or > '\x7F')
            {
                throw new ArgumentException($"AML string \"{value}\" has the character U+{(int)c:X4}; allowed are U+0001 to U+007F.", nameof(value));
            }

            buffer.Byte((byte)c);
        }

        buffer.Byte(0);
        return Raw(buffer.ToArray());
    }

    /// <summary><c>Buffer () { content }</c></summary>
    public static AmlTerm Buffer(ReadOnlySpan<byte> content) =>
        new AmlPackage(AmlTermKind.Constant, AmlOpcode.Buffer, [Integer((ulong)content.Length)], [Raw(content.ToArray())]);

    /// <summary><c>Package () { elements }</c></summary>
    /// <param name="elements">Constants and names.</param>
    public static AmlTerm Package(params ReadOnlySpan<AmlTerm> elements)
    {
        foreach (AmlTerm element in elements)
        {
            ArgumentNullException.ThrowIfNull(element, nameof(elements));
            if (element.Kind is not (AmlTermKind.Constant or AmlTermKind.Name))
            {
                throw new ArgumentException("An element of a package must be a constant or a name.", nameof(elements));
            }
        }

        // The count is one byte; a larger package is the variable one, whose count is an integer.
        return elements.Length <= byte.MaxValue
            ? new AmlPackage(AmlTermKind.Constant, AmlOpcode.Package, [Raw((byte)elements.Length)], elements.ToArray())
            : new AmlPackage(AmlTermKind.Constant, AmlOpcode.VarPackage, [Integer((ulong)elements.Length)], elements.ToArray());
    }

    /// <summary><c>EisaId (id)</c>: three capital letters and four hexadecimal digits, for example PNP0501, as an integer.</summary>
    public static AmlTerm EisaId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (id.Length != 7)
        {
            throw new ArgumentException($"EISA id '{id}' must have 7 characters.", nameof(id));
        }

        uint compressed = 0;
        for (int i = 0; i < 3; i++)
        {
            uint letter = char.IsAsciiLetterUpper(id[i])
                ? (uint)(id[i] - '@')
                : throw new ArgumentException($"EISA id '{id}' must begin with three letters A-Z.", nameof(id));
            compressed = (compressed << 5) | letter;
        }

        for (int i = 3; i < 7; i++)
        {
            uint digit = char.IsAsciiDigit(id[i]) || id[i] is >= 'A' and <= 'F'
                ? Convert.ToUInt32(id[i..(i + 1)], 16)
                : throw new ArgumentException($"EISA id '{id}' must end in four digits 0-9 A-F.", nameof(id));
            compressed = (compressed << 4) | digit;
        }

        // Spec: ACPI 6.5, 19.3.4: the compressed id is big-endian within an integer that AML stores little-endian.
        return Integer(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(compressed));
    }

    /// <summary><c>ToUUID (uuid)</c>: a buffer of 16 bytes, the first three groups little-endian (ACPI 6.5, 19.6.142).</summary>
    public static AmlTerm Uuid(string uuid) => Guid.TryParseExact(uuid, "D", out Guid value)
        ? Buffer(value.ToByteArray())
        : throw new ArgumentException($"UUID '{uuid}' must have the form aabbccdd-eeff-gghh-iijj-kkllmmnnoopp.", nameof(uuid));

    /// <summary>The name of an object: its value, the place to store to, or what is notified.</summary>
    public static AmlTerm Path(string path) => NamePath(path);

    /// <summary><c>ResourceTemplate () { descriptors }</c>: a buffer that ends in the end tag.</summary>
    public static AmlTerm ResourceTemplate(params ReadOnlySpan<ResourceDescriptor> descriptors)
    {
        var buffer = new AmlBuffer();
        foreach (ResourceDescriptor descriptor in descriptors)
        {
            ArgumentNullException.ThrowIfNull(descriptor, nameof(descriptors));
            buffer.Bytes(descriptor.Bytes);
        }

        // Spec: ACPI 6.5, 6.4.2.9: end tag; a checksum of zero means that none was computed.
        buffer.Byte(0x79);
        buffer.Byte(0x00);
        return Buffer(buffer.Written);
    }
}
