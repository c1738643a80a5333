namespace Limber.Acpi;

/// <summary>Terms one after the other without an opcode: a method call, an If with its Else.</summary>
internal sealed class AmlSequence(AmlTermKind kind, params AmlTerm[] parts) : AmlTerm(kind, AmlSize.Of(parts))
{
    private protected override void Encode(AmlBuffer buffer)
    {
        foreach (AmlTerm part in parts)
        {
            part.WriteTo(buffer);
        }
    }
}
