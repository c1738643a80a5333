namespace Limber.Acpi;

/// <summary>Arithmetic, logic and comparisons. Integers are 64 bits wide and wrap.</summary>
public static partial class Aml
{
    /// <summary><c>Add (left, right, target)</c></summary>
    public static AmlTerm Add(AmlTerm left, AmlTerm right, AmlTerm? target = null) => Binary(AmlOpcode.Add, left, right, target);

    /// <summary><c>Subtract (left, right, target)</c>: left - right.</summary>
    public static AmlTerm Subtract(AmlTerm left, AmlTerm right, AmlTerm? target = null) =>
        Binary(AmlOpcode.Subtract, left, right, target);

    /// <summary><c>Multiply (left, right, target)</c></summary>
    public static AmlTerm Multiply(AmlTerm left, AmlTerm right, AmlTerm? target = null) =>
        Binary(AmlOpcode.Multiply, left, right, target);

    /// <summary><c>Divide (dividend, divisor, remainder, quotient)</c>: its value is the quotient.</summary>
    public static AmlTerm Divide(AmlTerm dividend, AmlTerm divisor, AmlTerm? remainder = null, AmlTerm? quotient = null) =>
        new AmlOperation(
            AmlTermKind.Expression,
            AmlOpcode.Divide,
            AmlCheck.Value(dividend, nameof(Divide), nameof(dividend)),
            AmlCheck.Value(divisor, nameof(Divide), nameof(divisor)),
            OptionalTarget(AmlOpcode.Divide, remainder),
            OptionalTarget(AmlOpcode.Divide, quotient));

    /// <summary><c>Mod (dividend, divisor, target)</c></summary>
    public static AmlTerm Mod(AmlTerm dividend, AmlTerm divisor, AmlTerm? target = null) =>
        Binary(AmlOpcode.Mod, dividend, divisor, target);

    /// <summary><c>And (left, right, target)</c></summary>
    public static AmlTerm And(AmlTerm left, AmlTerm right, AmlTerm? target = null) => Binary(AmlOpcode.And, left, right, target);

    /// <summary><c>NAnd (left, right, target)</c></summary>
    public static AmlTerm Nand(AmlTerm left, AmlTerm right, AmlTerm? target = null) => Binary(AmlOpcode.Nand, left, right, target);

    /// <summary><c>Or (left, right, target)</c></summary>
    public static AmlTerm Or(AmlTerm left, AmlTerm right, AmlTerm? target = null) => Binary(AmlOpcode.Or, left, right, target);

    /// <summary><c>NOr (left, right, target)</c></summary>
    public static AmlTerm Nor(AmlTerm left, AmlTerm right, AmlTerm? target = null) => Binary(AmlOpcode.Nor, left, right, target);

    /// <summary><c>XOr (left, right, target)</c></summary>
    public static AmlTerm Xor(AmlTerm left, AmlTerm right, AmlTerm? target = null) => Binary(AmlOpcode.Xor, left, right, target);

    /// <summary><c>ShiftLeft (value, count, target)</c></summary>
    public static AmlTerm ShiftLeft(AmlTerm value, AmlTerm count, AmlTerm? target = null) =>
        Binary(AmlOpcode.ShiftLeft, value, count, target);

    /// <summary><c>ShiftRight (value, count, target)</c></summary>
    public static AmlTerm ShiftRight(AmlTerm value, AmlTerm count, AmlTerm? target = null) =>
        Binary(AmlOpcode.ShiftRight, value, count, target);

    /// <summary><c>Not (value, target)</c>: all bits inverted; for truth values see <see cref="LNot"/>.</summary>
    public static AmlTerm Not(AmlTerm value, AmlTerm? target = null) => Unary(AmlOpcode.Not, value, target);

    /// <summary><c>FindSetLeftBit (value, target)</c>: the number of the highest bit set, from 1; 0 if none is.</summary>
    public static AmlTerm FindSetLeftBit(AmlTerm value, AmlTerm? target = null) => Unary(AmlOpcode.FindSetLeftBit, value, target);

    /// <summary><c>FindSetRightBit (value, target)</c>: the number of the lowest bit set, from 1; 0 if none is.</summary>
    public static AmlTerm FindSetRightBit(AmlTerm value, AmlTerm? target = null) => Unary(AmlOpcode.FindSetRightBit, value, target);

    /// <summary><c>Increment (place)</c></summary>
    public static AmlTerm Increment(AmlTerm place) => OnPlace(AmlOpcode.Increment, place);

    /// <summary><c>Decrement (place)</c></summary>
    public static AmlTerm Decrement(AmlTerm place) => OnPlace(AmlOpcode.Decrement, place);

    /// <summary><c>LEqual (left, right)</c>. True is all bits set, false is zero; so with the other comparisons.</summary>
    public static AmlTerm LEqual(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LEqual, left, right);

    /// <summary><c>LNotEqual (left, right)</c></summary>
    public static AmlTerm LNotEqual(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LNotEqual, left, right);

    /// <summary><c>LLess (left, right)</c></summary>
    public static AmlTerm LLess(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LLess, left, right);

    /// <summary><c>LGreater (left, right)</c></summary>
    public static AmlTerm LGreater(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LGreater, left, right);

    /// <summary><c>LLessEqual (left, right)</c></summary>
    public static AmlTerm LLessEqual(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LLessEqual, left, right);

    /// <summary><c>LGreaterEqual (left, right)</c></summary>
    public static AmlTerm LGreaterEqual(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LGreaterEqual, left, right);

    /// <summary><c>LAnd (left, right)</c>. Both operands are evaluated.</summary>
    public static AmlTerm LAnd(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LAnd, left, right);

    /// <summary><c>LOr (left, right)</c>. Both operands are evaluated.</summary>
    public static AmlTerm LOr(AmlTerm left, AmlTerm right) => Binary(AmlOpcode.LOr, left, right);

    /// <summary><c>LNot (value)</c></summary>
    public static AmlTerm LNot(AmlTerm value) => Unary(AmlOpcode.LNot, value);

    private static AmlOperation OnPlace(AmlOpcode opcode, AmlTerm place) =>
        new(AmlTermKind.Expression, opcode, AmlCheck.Target(place, opcode.ToString(), nameof(place)));
}
