using System.Collections.Generic;
using System.IO;
using System.Linq;
using Limber.CommandLine.CloudHypervisor;
using Limber.CommandLine.Qemu;
using Limber.CommandLine.StratoVirt;
using Limber.Config;

namespace Limber.CommandLine;

/// <summary>
/// Reads a command line in the dialect of QEMU, StratoVirt or Cloud Hypervisor. Pure: it touches no file,
/// no socket and no state, so it may be called from any thread.
/// </summary>
public static class CommandLineParser
{
    /// <summary>Parses the arguments of one start of the program.</summary>
    /// <param name="programName">The name the program was invoked under, with or without a path.</param>
    /// <param name="args">The arguments after the program's name.</param>
    /// <returns>A machine to run, a text to print, or a one-line error; never throws for any arguments.</returns>
    public static CommandLineResult Parse(string programName, IReadOnlyList<string> args)
    {
        string name = Path.GetFileName(programName);
        if (name.Length == 0)
        {
            name = "limber";
        }

        try
        {
            return ParseNamed(name, args);
        }
        catch (CommandLineException e)
        {
            return new CommandLineResult.Error($"{name}: {e.Message}");
        }
    }

    private static CommandLineResult ParseNamed(string name, IReadOnlyList<string> args)
    {
        if (DialectDetection.FromProgramName(name) is Dialect invoked)
        {
            return ParseDialect(invoked, name, args);
        }

        if (args.Count > 0 && DialectDetection.FromSubcommand(args[0]) is Dialect chosen)
        {
            return ParseDialect(chosen, name, args.Skip(1).ToArray());
        }

        switch (args)
        {
            case []:
            case ["--help" or "-help" or "-h" or "help"]:
                return new CommandLineResult.PrintAndExit(GeneralHelp.Text);
            case ["--version" or "-version" or "-V" or "version"]:
                return new CommandLineResult.PrintAndExit($"limber {ProductVersion.Text}\n");
            default:
                return ParseDialect(DialectDetection.FromStyle(args), name, args);
        }
    }

    private static CommandLineResult ParseDialect(Dialect dialect, string name, IReadOnlyList<string> args) =>
        dialect switch
        {
            Dialect.StratoVirt => new StratoVirtParser(name).Parse(args),
            Dialect.CloudHypervisor => new CloudHypervisorParser(name).Parse(args),
            _ => new QemuParser(name).Parse(args),
        };
}
