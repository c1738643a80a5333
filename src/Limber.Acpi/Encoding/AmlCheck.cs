using System;

namespace Limber.Acpi;

/// <summary>
/// Checks of what the grammar demands of an operand. What passes here can be parsed; whether names resolve is known only to
/// the guest.
/// </summary>
internal static class AmlCheck
{
    /// <summary>An operand that is read (TermArg).</summary>
    public static AmlTerm Value(AmlTerm term, string operation, string operand)
    {
        ArgumentNullException.ThrowIfNull(term, operand);
        return term.Kind is AmlTermKind.Declaration or AmlTermKind.Statement
            ? throw new ArgumentException($"{operation}: operand '{operand}' must be a value, not a {Describe(term)}.", operand)
            : term;
    }

    /// <summary>An operand that is written or referred to (SuperName).</summary>
    public static AmlTerm Target(AmlTerm term, string operation, string operand)
    {
        ArgumentNullException.ThrowIfNull(term, operand);
        return term.Kind is AmlTermKind.Name or AmlTermKind.Place
            ? term
            : throw new ArgumentException(
                $"{operation}: operand '{operand}' must be a name, Local, Arg or reference, not a {Describe(term)}.", operand);
    }

    /// <summary>Data known when the table is built (DataRefObject).</summary>
    public static AmlTerm Constant(AmlTerm term, string operation, string operand)
    {
        ArgumentNullException.ThrowIfNull(term, operand);
        return term.Kind is AmlTermKind.Constant
            ? term
            : throw new ArgumentException(
                $"{operation}: '{operand}' must be an integer, string, buffer or package, not a {Describe(term)}.", operand);
    }

    /// <summary>The terms of a body (TermList), copied.</summary>
    public static AmlTerm[] Body(ReadOnlySpan<AmlTerm> terms, string operation)
    {
        foreach (AmlTerm term in terms)
        {
            ArgumentNullException.ThrowIfNull(term, "body");
            if (term.Kind is AmlTermKind.Constant)
            {
                throw new ArgumentException($"{operation}: a constant can't stand in a body.", "body");
            }
        }

        return terms.ToArray();
    }

    /// <summary>A number within limits, both included.</summary>
    public static int Range(int value, int min, int max, string what, string parameter) => value >= min && value <= max
        ? value
        : throw new ArgumentOutOfRangeException(parameter, value, $"{what} must be {min} to {max}.");

    private static string Describe(AmlTerm term) => term.Kind.ToString().ToLowerInvariant();
}
