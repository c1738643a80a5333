using System;

namespace Limber.Acpi;

/// <summary>
/// Makes AML terms (ACPI 6.5, chapters 19 and 20); methods are named as the operators of ASL. Every method checks its operands
/// and throws <see cref="ArgumentException"/>, with a text that names the thing, for what could not be encoded. Thread: any.
/// </summary>
/// <remarks>
/// Names are written as in ASL: <c>\_SB.CPUS.C000</c>, <c>^^LOCK</c>, <c>_STA</c>; a short segment is filled up with <c>_</c>.
/// Lower case is refused. An operator without target leaves its result only as its value.
/// </remarks>
public static partial class Aml
{
    // An absent target is the null name (ACPI 6.5, 20.2.5.4).
    private static readonly AmlBytes NoTarget = new(AmlTermKind.Name, [0]);

    private static AmlBytes NamePath(string path) => new(AmlTermKind.Name, AmlNameString.Encode(path));

    private static AmlBytes Raw(params byte[] bytes) => new(AmlTermKind.Constant, bytes);

    private static AmlOperation Unary(AmlOpcode opcode, AmlTerm operand) =>
        new(AmlTermKind.Expression, opcode, AmlCheck.Value(operand, opcode.ToString(), nameof(operand)));

    private static AmlOperation Unary(AmlOpcode opcode, AmlTerm operand, AmlTerm? target) =>
        new(
            AmlTermKind.Expression,
            opcode,
            AmlCheck.Value(operand, opcode.ToString(), nameof(operand)),
            OptionalTarget(opcode, target));

    private static AmlOperation Binary(AmlOpcode opcode, AmlTerm left, AmlTerm right) =>
        new(
            AmlTermKind.Expression,
            opcode,
            AmlCheck.Value(left, opcode.ToString(), nameof(left)),
            AmlCheck.Value(right, opcode.ToString(), nameof(right)));

    private static AmlOperation Binary(AmlOpcode opcode, AmlTerm left, AmlTerm right, AmlTerm? target) =>
        new(
            AmlTermKind.Expression,
            opcode,
            AmlCheck.Value(left, opcode.ToString(), nameof(left)),
            AmlCheck.Value(right, opcode.ToString(), nameof(right)),
            OptionalTarget(opcode, target));

    private static AmlTerm OptionalTarget(AmlOpcode opcode, AmlTerm? target) =>
        target is null ? NoTarget : AmlCheck.Target(target, opcode.ToString(), nameof(target));
}
