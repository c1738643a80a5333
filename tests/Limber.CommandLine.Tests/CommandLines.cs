using System.Collections.Generic;
using System.Text;
using Limber.Config;

namespace Limber.CommandLine.Tests;

/// <summary>Parses command lines written as a person types them in a shell.</summary>
internal static class CommandLines
{
    internal static VmConfig Run(string line) =>
        Assert.IsType<CommandLineResult.Run>(Parse(line)).Config;

    internal static string Error(string line)
    {
        var error = Assert.IsType<CommandLineResult.Error>(Parse(line));
        Assert.Equal(1, error.ExitCode);
        return error.Message;
    }

    internal static string Print(string line)
    {
        var print = Assert.IsType<CommandLineResult.PrintAndExit>(Parse(line));
        Assert.Equal(0, print.ExitCode);
        Assert.EndsWith("\n", print.Text);
        return print.Text;
    }

    /// <summary>The first word is the name that the program is invoked under.</summary>
    internal static CommandLineResult Parse(string line)
    {
        List<string> words = Words(line);
        return CommandLineParser.Parse(words[0], words[1..]);
    }

    private static List<string> Words(string line)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool started = false;
        char quote = '\0';
        foreach (char c in line)
        {
            if (quote != '\0' ? c == quote : c is '"' or '\'')
            {
                quote = quote == '\0' ? c : '\0';
                started = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (started)
                {
                    words.Add(word.ToString());
                }

                word.Clear();
                started = false;
            }
            else
            {
                word.Append(c);
                started = true;
            }
        }

        if (started)
        {
            words.Add(word.ToString());
        }

        return words;
    }
}
