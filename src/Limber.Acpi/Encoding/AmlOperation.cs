namespace Limber.Acpi;

/// <summary>An opcode with its operands behind it: operators and declarations without a body.</summary>
internal sealed class AmlOperation(AmlTermKind kind, AmlOpcode opcode, params AmlTerm[] operands)
    : AmlTerm(kind, AmlSize.Of(opcode) + AmlSize.Of(operands))
{
    private protected override void Encode(AmlBuffer buffer)
    {
        buffer.Opcode(opcode);
        foreach (AmlTerm operand in operands)
        {
            operand.WriteTo(buffer);
        }
    }
}
