using System.Collections.Generic;

namespace Limber.Servers.Hmp.Commands;

/// <summary><c>help</c>, and <c>info</c> itself.</summary>
internal static class HelpCommands
{
    public const string Info = "info";

    public static IReadOnlyList<HmpCommand> All { get; } =
    [
        new("help|?", "[cmd]", "show the help", HmpArgument.Rest, HmpInterpreter.PrintHelp)
        {
            Candidates = static _ => HmpInterpreter.CommandNames(),
        },
        new(Info, "[subcommand]", "show various information about the system state", HmpArgument.Rest, HmpInterpreter.PrintHelp),
    ];
}
