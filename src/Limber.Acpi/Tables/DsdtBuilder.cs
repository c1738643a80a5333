using System;
using System.Collections.Generic;

namespace Limber.Acpi;

/// <summary>
/// Differentiated system description table (ACPI 6.5, 5.2.11.1): the definition block. Revision 2, hence integers of 64 bits.
/// </summary>
public sealed class DsdtBuilder : AcpiTableBuilder
{
    private readonly AmlTerm[] body;

    /// <param name="terms">Terms at the root of the namespace.</param>
    public DsdtBuilder(params IEnumerable<AmlTerm> terms)
        : base("DSDT", 2)
    {
        ArgumentNullException.ThrowIfNull(terms);
        body = AmlCheck.Body([.. terms], "DSDT");
    }

    private protected override int BodySizeHint => AmlSize.Of(body);

    private protected override void WriteBody(AmlBuffer buffer)
    {
        foreach (AmlTerm term in body)
        {
            term.WriteTo(buffer);
        }
    }
}
