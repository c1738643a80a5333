using System.Collections.Generic;
using System.Linq;

namespace Limber.Acpi.Tests;

/// <summary>All cases, by their ASL.</summary>
public static partial class AslCases
{
    private static readonly Dictionary<string, AslCase> Cases =
        new[] { Data, Namespace, Control, Operators, Resources }.SelectMany(group => group()).ToDictionary(one => one.Asl);

    public static IEnumerable<TheoryDataRow<string>> Names => Cases.Keys.Select(asl => new TheoryDataRow<string>(asl));

    public static IEnumerable<AslCase> All => Cases.Values;

    public static AslCase Find(string asl) => Cases[asl];

    private static AslCase Root(string asl, string hex, AmlTerm term) => new(AslPlace.Root, asl, hex, term);

    private static AslCase Statement(string asl, string hex, AmlTerm term) => new(AslPlace.Statement, asl, hex, term);

    private static AslCase Value(string asl, string hex, AmlTerm term) => new(AslPlace.Value, asl, hex, term);
}
