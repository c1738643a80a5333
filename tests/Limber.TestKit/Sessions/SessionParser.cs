using System;
using System.Collections.Generic;

namespace Limber.TestKit.Sessions;

/// <summary>Reads session files; <see cref="SessionVerbs"/> tells what is in them.</summary>
public static class SessionParser
{
    /// <exception cref="SessionException">A line is no session's.</exception>
    public static IReadOnlyList<SessionStep> Parse(string file, string text)
    {
        List<(int Line, string Verb, string Text)> lines = Lines(file, text);
        List<SessionStep> steps = [];
        foreach ((int line, string verb, string content) in lines)
        {
            SessionStep? last = steps.Count > 0 ? steps[^1] : null;
            if (SessionVerbs.IsStep(verb))
            {
                steps.Add(new SessionStep(line, verb, content, null));
            }
            else if (verb == SessionVerbs.Addition && last is { Verb: "$" })
            {
                steps[^1] = last with { Text = last.Text + " " + content };
            }
            else if (last is not null && SessionVerbs.IsExpectationOf(verb, last.Verb))
            {
                steps[^1] = last with { Expected = [.. last.Expected ?? [], new SessionExpectation(line, content)] };
            }
            else
            {
                throw new SessionException(file, line, last is null ? $"'{verb}' begins no session" : $"'{verb}' does not follow '{last.Verb}'");
            }
        }

        return steps.Count > 0 ? steps : throw new SessionException(file, 1, "there is nothing to do");
    }

    /// <summary>The words of a command line as a shell would see them: blanks part, quotes and backslashes keep.</summary>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static IReadOnlyList<string> Words(string line)
    {
        List<string> words = [];
        string? word = null;
        char quote = '\0';
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '\\' && quote != '\'' && i + 1 < line.Length)
            {
                word += line[++i];
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
                word ??= "";
            }
            else if (quote != '\0' || c is not (' ' or '\t'))
            {
                word += c;
            }
            else if (word is not null)
            {
                words.Add(word);
                word = null;
            }
        }

        if (quote != '\0')
        {
            throw new FormatException($"a {quote} is not closed");
        }

        return word is null ? words : [.. words, word];
    }

    private static List<(int Line, string Verb, string Text)> Lines(string file, string text)
    {
        List<(int Line, string Verb, string Text)> result = [];
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            if (line.Trim().Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] is not (' ' or '\t'))
            {
                string[] sides = line.Split(' ', 2);
                result.Add((number, sides[0], sides.Length == 2 ? Content(sides[1]) : ""));
            }
            else if (result.Count > 0)
            {
                (int first, string verb, string content) = result[^1];
                result[^1] = (first, verb, content + " " + Content(line.TrimStart()));
            }
            else
            {
                throw new SessionException(file, number, "there is no line to continue");
            }
        }

        return result;
    }

    // A document's continued line ends with a backslash; here the blank at the beginning of the next says the same.
    private static string Content(string text) => text.EndsWith(" \\", StringComparison.Ordinal) ? text[..^2] : text.TrimEnd('\r');
}
