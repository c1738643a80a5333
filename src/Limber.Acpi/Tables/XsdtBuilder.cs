using System;

namespace Limber.Acpi;

/// <summary>Extended system description table (ACPI 6.5, 5.2.8): the addresses of the other tables.</summary>
public sealed class XsdtBuilder : AcpiTableBuilder
{
    private readonly ulong[] tables;

    /// <param name="tables">Guest physical addresses; the DSDT is not among them, the FADT names it.</param>
    public XsdtBuilder(params ReadOnlySpan<ulong> tables)
        : base("XSDT", 1) => this.tables = tables.ToArray();

    private protected override void WriteBody(AmlBuffer buffer)
    {
        foreach (ulong table in tables)
        {
            buffer.QWord(table);
        }
    }
}
