using System;

namespace Limber.CommandLine;

/// <summary>
/// A command line that can't be used; the message has no program name yet. Thrown inside the parsers only:
/// <see cref="CommandLineParser"/> turns it into <see cref="CommandLineResult.Error"/>.
/// </summary>
internal sealed class CommandLineException : Exception
{
    public CommandLineException(string message)
        : base(message) { }

    /// <summary>An option or a value that the dialect knows and this program does not have.</summary>
    /// <param name="what">The option as typed, with its value where that decides, such as <c>-netdev user</c>.</param>
    /// <param name="instead">What does work, or null.</param>
    public static CommandLineException NotBuilt(string what, string? instead = null) =>
        new(instead is null ? $"{what}: not built yet" : $"{what}: not built yet ({instead})");
}
