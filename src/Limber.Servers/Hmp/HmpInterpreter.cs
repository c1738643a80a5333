using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Control;
using Limber.Servers.Hmp.Commands;
using Limber.Servers.Qmp;

namespace Limber.Servers.Hmp;

/// <summary>Runs command lines, whoever typed them, and completes them. Thread: any; commands may block.</summary>
internal sealed class HmpInterpreter(MonitorServices services)
{
    private static readonly IReadOnlyList<HmpCommand> Commands =
        [.. MachineCommands.All.Concat(DeviceCommands.All).Concat(MemoryCommands.All).Concat(HelpCommands.All).OrderBy(static command => command.Names, StringComparer.Ordinal)];

    private static readonly IReadOnlyList<HmpCommand> Information =
        [.. InfoCommands.All.Concat(DeviceInfoCommands.All).Concat(MemoryCommands.Information).OrderBy(static command => command.Names, StringComparer.Ordinal)];

    /// <summary>Runs one line and returns its output with LF line ends.</summary>
    /// <param name="text">The line.</param>
    /// <param name="focus">What the session's lines before it chose; null outside a session.</param>
    public string Run(string text, HmpFocus? focus = null)
    {
        HmpContext context = new(services, focus);
        HmpLine line = new(text);
        string name = line.Name();
        if (name.Length == 0)
        {
            return string.Empty;
        }

        HmpCommand? command = Find(Commands, name);
        if (command is null)
        {
            context.PrintLine($"unknown command: '{name}'");
        }
        else if (name == HelpCommands.Info)
        {
            RunInfo(context, ref line);
        }
        else
        {
            Run(context, command, name, string.Empty, ref line);
        }

        return context.Output.ToString();
    }

    /// <summary>What the last word of <paramref name="text"/> may become.</summary>
    /// <returns>Candidates, and how many characters of them have been typed.</returns>
    public (IReadOnlyList<string> Candidates, int Typed) Complete(string text)
    {
        int start = text.Length;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]))
        {
            start--;
        }

        string typed = text[start..];
        string[] before = text[..start].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        IEnumerable<string> words = before.Length switch
        {
            0 => Commands.SelectMany(static command => command.AllNames),
            1 when before[0] == HelpCommands.Info => Information.SelectMany(static item => item.AllNames),
            1 => Find(Commands, before[0])?.Candidates?.Invoke(new HmpContext(services)) ?? [],
            2 when before[0] is "help" or "?" && before[1] == HelpCommands.Info => Information.SelectMany(static item => item.AllNames),
            _ => [],
        };
        string[] candidates = [.. words.Where(word => word.StartsWith(typed, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        return (candidates, typed.Length);
    }

    /// <summary>Prints help for all commands, one of them, or items of <c>info</c>.</summary>
    internal static void PrintHelp(HmpContext context, string topic)
    {
        string[] words = topic.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        bool information = words.Length > 0 && words[0] == HelpCommands.Info;
        string wanted = information ? words.ElementAtOrDefault(1) ?? string.Empty : words.FirstOrDefault() ?? string.Empty;
        string prefix = information ? "info " : string.Empty;
        IReadOnlyList<HmpCommand> table = information ? Information : Commands;
        IReadOnlyList<HmpCommand> chosen = wanted.Length == 0 ? table : Find(table, wanted) is { } one ? [one] : [];
        if (chosen.Count == 0)
        {
            context.PrintLine($"unknown command: '{prefix}{wanted}'");
        }

        foreach (HmpCommand command in chosen)
        {
            context.PrintLine(command.HelpLine(prefix));
        }
    }

    internal static IEnumerable<string> CommandNames() => Commands.SelectMany(static command => command.AllNames);

    private static void RunInfo(HmpContext context, ref HmpLine line)
    {
        string item = line.Name();
        if (item.Length == 0)
        {
            PrintHelp(context, HelpCommands.Info);
        }
        else if (Find(Information, item) is { } command)
        {
            Run(context, command, item, "info ", ref line);
        }
        else
        {
            context.PrintLine($"unknown command: 'info {item}'");
        }
    }

    private static void Run(HmpContext context, HmpCommand command, string name, string prefix, ref HmpLine line)
    {
        try
        {
            command.Execute(context, TakeArgument(command.Argument, ref line));
        }
        catch (HmpUsageException usage)
        {
            if (usage.Message.Length > 0)
            {
                context.PrintLine($"{command.Names}: {usage.Message}");
            }

            context.PrintLine($"Try \"help {prefix}{name}\" for more information");
        }
        catch (Exception failure)
        {
            // As in QMP: a defect in one command must not end the machine.
            bool refusal = failure is QmpException or VmException;
            string text = refusal ? failure.Message : $"Internal error: {failure.GetType().Name}: {failure.Message}";
            context.PrintLine($"Error: {text}");
        }
    }

    private static string TakeArgument(HmpArgument kind, ref HmpLine line)
    {
        if (kind == HmpArgument.Rest)
        {
            return line.Rest();
        }

        string argument = string.Empty;
        if (kind != HmpArgument.None && (kind != HmpArgument.OptionalWord || !line.AtEnd))
        {
            bool integer = kind == HmpArgument.Integer;
            argument = line.Word() ?? throw new HmpUsageException(integer ? "integer expected" : "string expected");
            if (integer && !long.TryParse(argument, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            {
                throw new HmpUsageException("integer expected");
            }
        }

        return line.AtEnd ? argument : throw new HmpUsageException("extraneous characters at the end of line");
    }

    private static HmpCommand? Find(IReadOnlyList<HmpCommand> table, string name) =>
        table.FirstOrDefault(command => command.AllNames.Contains(name));
}
