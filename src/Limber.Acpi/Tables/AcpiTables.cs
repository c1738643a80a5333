using System;
using System.Collections.Generic;

namespace Limber.Acpi;

/// <summary>Puts tables together.</summary>
public static class AcpiTables
{
    /// <summary>Alignment of every table in bytes.</summary>
    public const int Alignment = 64;

    /// <summary>
    /// Lays tables out: RSDP (at the base), XSDT, DSDT, FADT, the others in the given order.
    /// </summary>
    /// <param name="baseAddress">Guest physical address of the first byte, a multiple of <see cref="Alignment"/>.</param>
    /// <param name="dsdt">The definition block.</param>
    /// <param name="tables">Exactly one FADT, which gets the address of the DSDT, and any other tables.</param>
    /// <exception cref="ArgumentException">A FADT is missing or there are two, a table has no place among them, or the address is not aligned.</exception>
    public static AcpiTableSet Layout(ulong baseAddress, DsdtBuilder dsdt, params ReadOnlySpan<AcpiTableBuilder> tables)
    {
        ArgumentNullException.ThrowIfNull(dsdt);
        if (baseAddress % Alignment != 0)
        {
            throw new ArgumentException($"The base of the ACPI tables, 0x{baseAddress:x}, must be a multiple of {Alignment}.", nameof(baseAddress));
        }

        (FadtBuilder fadt, List<AcpiTableBuilder> others) = Sort(tables);
        ulong xsdtAddress = Align(baseAddress + RsdpBuilder.Size);
        ulong xsdtSize = AcpiTableBuilder.HeaderSize + (sizeof(ulong) * (1 + (ulong)others.Count));
        ulong next = Align(xsdtAddress + xsdtSize);

        var placed = new List<(ulong Address, byte[] Bytes)>();
        ulong Place(byte[] bytes)
        {
            ulong address = next;
            placed.Add((address, bytes));
            next = Align(address + (ulong)bytes.Length);
            return address;
        }

        var addresses = new List<ulong> { Place(fadt.WithDsdt(Place(dsdt.Build())).Build()) };
        foreach (AcpiTableBuilder table in others)
        {
            addresses.Add(Place(table.Build()));
        }

        placed.Add((baseAddress, new RsdpBuilder(xsdtAddress).Build()));
        placed.Add((xsdtAddress, new XsdtBuilder([.. addresses]).Build()));
        byte[] image = new byte[next - baseAddress];
        foreach ((ulong address, byte[] bytes) in placed)
        {
            bytes.CopyTo(image.AsSpan((int)(address - baseAddress)));
        }

        return new AcpiTableSet(baseAddress, baseAddress, image);
    }

    private static (FadtBuilder Fadt, List<AcpiTableBuilder> Others) Sort(ReadOnlySpan<AcpiTableBuilder> tables)
    {
        FadtBuilder? fadt = null;
        var others = new List<AcpiTableBuilder>();
        foreach (AcpiTableBuilder table in tables)
        {
            ArgumentNullException.ThrowIfNull(table, nameof(tables));
            switch (table)
            {
                case FadtBuilder when fadt is not null:
                    throw new ArgumentException("There must be one FADT among the ACPI tables, not two.", nameof(tables));
                case FadtBuilder one:
                    fadt = one;
                    break;
                case DsdtBuilder or XsdtBuilder:
                    throw new ArgumentException($"{table.Signature} must not be among the tables that the XSDT names.", nameof(tables));
                default:
                    others.Add(table);
                    break;
            }
        }

        return (fadt ?? throw new ArgumentException("There must be a FADT among the ACPI tables.", nameof(tables)), others);
    }

    private static ulong Align(ulong address) => (address + Alignment - 1) / Alignment * Alignment;
}
