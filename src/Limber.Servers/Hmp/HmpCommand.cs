using System;
using System.Collections.Generic;

namespace Limber.Servers.Hmp;

/// <summary>One command, or one item of <c>info</c>.</summary>
/// <param name="Names">Its names, joined by <c>|</c>.</param>
/// <param name="Parameters">As help shows them.</param>
/// <param name="Help">One line.</param>
/// <param name="Argument">What follows the name.</param>
/// <param name="Execute">Takes the context and the argument (empty when there is none).</param>
internal sealed record HmpCommand(
    string Names,
    string Parameters,
    string Help,
    HmpArgument Argument,
    Action<HmpContext, string> Execute)
{
    /// <summary>All names separately.</summary>
    public IReadOnlyList<string> AllNames { get; } = Names.Split('|');

    /// <summary>Words that can complete the argument; null for none.</summary>
    public Func<HmpContext, IEnumerable<string>>? Candidates { get; init; }

    public string HelpLine(string prefix) => $"{prefix}{Names} {Parameters} -- {Help}";
}
