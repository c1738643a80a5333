namespace Limber.Acpi;

/// <summary>An opcode, the length of the rest, and the rest: everything that has a body or a list.</summary>
internal sealed class AmlPackage(AmlTermKind kind, AmlOpcode opcode, AmlTerm[] head, AmlTerm[] body)
    : AmlTerm(kind, AmlSize.Of(opcode) + AmlBuffer.PackageLengthAround(BodySize(head, body)))
{
    private protected override void Encode(AmlBuffer buffer)
    {
        buffer.Opcode(opcode);
        buffer.PackageLength(Length - AmlSize.Of(opcode));
        foreach (AmlTerm part in head)
        {
            part.WriteTo(buffer);
        }

        foreach (AmlTerm part in body)
        {
            part.WriteTo(buffer);
        }
    }

    private static long BodySize(AmlTerm[] head, AmlTerm[] body) => (long)AmlSize.Of(head) + AmlSize.Of(body);
}
