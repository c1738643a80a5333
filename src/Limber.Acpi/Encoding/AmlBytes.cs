namespace Limber.Acpi;

/// <summary>A term without parts, encoded when it is made: constants, names, locals, operands of fixed layout.</summary>
internal sealed class AmlBytes(AmlTermKind kind, byte[] bytes) : AmlTerm(kind, bytes.Length)
{
    private protected override void Encode(AmlBuffer buffer) => buffer.Bytes(bytes);
}
