using System;

namespace Limber.Acpi;

/// <summary>Statements and method calls.</summary>
public static partial class Aml
{
    /// <summary><c>If (condition) { body }</c></summary>
    public static AmlTerm If(AmlTerm condition, params ReadOnlySpan<AmlTerm> body) =>
        Conditional(AmlOpcode.If, condition, body);

    /// <summary><c>If (condition) { thenBody } Else { elseBody }</c></summary>
    public static AmlTerm IfElse(AmlTerm condition, ReadOnlySpan<AmlTerm> thenBody, ReadOnlySpan<AmlTerm> elseBody) =>
        new AmlSequence(
            AmlTermKind.Statement,
            Conditional(AmlOpcode.If, condition, thenBody),
            new AmlPackage(AmlTermKind.Statement, AmlOpcode.Else, [], AmlCheck.Body(elseBody, "Else")));

    /// <summary><c>While (condition) { body }</c></summary>
    public static AmlTerm While(AmlTerm condition, params ReadOnlySpan<AmlTerm> body) =>
        Conditional(AmlOpcode.While, condition, body);

    /// <summary><c>Return (value)</c>; without a value zero, as ASL compilers do.</summary>
    public static AmlTerm Return(AmlTerm? value = null) =>
        new AmlOperation(
            AmlTermKind.Statement, AmlOpcode.Return, value is null ? Integer(0) : AmlCheck.Value(value, "Return", nameof(value)));

    /// <summary><c>Break</c></summary>
    public static AmlTerm Break() => new AmlOperation(AmlTermKind.Statement, AmlOpcode.Break);

    /// <summary><c>Continue</c></summary>
    public static AmlTerm Continue() => new AmlOperation(AmlTermKind.Statement, AmlOpcode.Continue);

    /// <summary><c>Noop</c></summary>
    public static AmlTerm Noop() => new AmlOperation(AmlTermKind.Statement, AmlOpcode.Noop);

    /// <summary><c>Notify (target, value)</c></summary>
    public static AmlTerm Notify(AmlTerm target, AmlTerm value) =>
        new AmlOperation(
            AmlTermKind.Statement,
            AmlOpcode.Notify,
            AmlCheck.Target(target, nameof(Notify), nameof(target)),
            AmlCheck.Value(value, nameof(Notify), nameof(value)));

    /// <summary><c>Acquire (mutex, timeout)</c>: its value is true if the time ran out.</summary>
    /// <param name="mutex">The mutex.</param>
    /// <param name="timeout">Milliseconds; 0xFFFF waits for ever.</param>
    public static AmlTerm Acquire(AmlTerm mutex, int timeout)
    {
        AmlCheck.Range(timeout, 0, ushort.MaxValue, "The timeout of Acquire", nameof(timeout));
        return new AmlOperation(
            AmlTermKind.Expression,
            AmlOpcode.Acquire,
            AmlCheck.Target(mutex, nameof(Acquire), nameof(mutex)),
            Raw((byte)(timeout & 0xFF), (byte)(timeout >> 8)));
    }

    /// <summary><c>Release (mutex)</c></summary>
    public static AmlTerm Release(AmlTerm mutex) =>
        new AmlOperation(AmlTermKind.Statement, AmlOpcode.Release, AmlCheck.Target(mutex, nameof(Release), nameof(mutex)));

    /// <summary><c>path (arguments)</c>: calls a method. The guest takes as many arguments as the method declares.</summary>
    public static AmlTerm Call(string path, params ReadOnlySpan<AmlTerm> arguments)
    {
        AmlCheck.Range(arguments.Length, 0, MaxArguments, $"The number of arguments of a call of {path}", nameof(arguments));
        var parts = new AmlTerm[1 + arguments.Length];
        parts[0] = NamePath(path);
        for (int i = 0; i < arguments.Length; i++)
        {
            parts[1 + i] = AmlCheck.Value(arguments[i], $"Call of {path}", nameof(arguments));
        }

        return new AmlSequence(AmlTermKind.Expression, parts);
    }

    /// <summary><c>Sleep (milliseconds)</c></summary>
    public static AmlTerm Sleep(AmlTerm milliseconds) =>
        new AmlOperation(AmlTermKind.Statement, AmlOpcode.Sleep, AmlCheck.Value(milliseconds, nameof(Sleep), nameof(milliseconds)));

    /// <summary><c>Stall (microseconds)</c>: waits without giving the processor away, at most 100 microseconds.</summary>
    public static AmlTerm Stall(AmlTerm microseconds) =>
        new AmlOperation(AmlTermKind.Statement, AmlOpcode.Stall, AmlCheck.Value(microseconds, nameof(Stall), nameof(microseconds)));

    private static AmlPackage Conditional(AmlOpcode opcode, AmlTerm condition, ReadOnlySpan<AmlTerm> body) =>
        new(
            AmlTermKind.Statement,
            opcode,
            [AmlCheck.Value(condition, opcode.ToString(), nameof(condition))],
            AmlCheck.Body(body, opcode.ToString()));
}
