using System;
using System.Collections.Generic;
using System.Text;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// Splits the values of QEMU's options. QEMU has two grammars that look alike: <see cref="Strict"/>
/// (<c>-machine</c>, <c>-smp</c>), in which every key needs a value, and <see cref="Loose"/> (<c>-m</c>,
/// <c>-chardev</c>), in which a bare word is a switch. In both a comma within a value is written twice.
/// </summary>
internal static class QemuKeyValues
{
    /// <summary>Whether the value asks for help: a bare <c>help</c> or <c>?</c> among its items.</summary>
    public static bool AsksForHelp(string value)
    {
        foreach (string item in value.Split(','))
        {
            if (item is "help" or "?")
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Every item is <c>key=value</c>; the first one may be a value of <paramref name="impliedKey"/>.</summary>
    /// <param name="option">The option and its value as typed, for messages.</param>
    /// <param name="value">The option's value.</param>
    /// <param name="impliedKey">Key of a first item without <c>=</c>.</param>
    public static List<KeyValuePair<string, string>> Strict(string option, string value, string impliedKey)
    {
        List<KeyValuePair<string, string>> pairs = [];
        int at = 0;
        while (at < value.Length)
        {
            int end = value.AsSpan(at).IndexOfAny(',', '=');
            end = end < 0 ? value.Length : at + end;
            bool hasValue = end < value.Length && value[end] == '=';
            string word = value[at..end];
            if (!hasValue && at == 0 && word.Length > 0)
            {
                // An implied value has no doubled commas: `4,,` is an empty second key.
                pairs.Add(new(impliedKey, word));
                at = end + 1;
                continue;
            }

            if (!IsKey(word))
            {
                throw new CommandLineException($"{option}: Invalid parameter '{word}'");
            }

            if (!hasValue)
            {
                throw new CommandLineException($"{option}: Expected '=' after parameter '{word}'");
            }

            at = end + 1;
            pairs.Add(new(word, TakeValue(value, ref at)));
        }

        return pairs;
    }

    /// <summary>As <see cref="Strict"/>, but a bare <c>word</c> means <c>word=on</c> and <c>noword</c> means <c>word=off</c>.</summary>
    public static List<KeyValuePair<string, string>> Loose(string value, string? impliedKey)
    {
        List<KeyValuePair<string, string>> pairs = [];
        int at = 0;
        bool first = true;
        while (at < value.Length)
        {
            int end = value.AsSpan(at).IndexOfAny(',', '=');
            end = end < 0 ? value.Length : at + end;
            if (end < value.Length && value[end] == '=')
            {
                string key = value[at..end];
                at = end + 1;
                pairs.Add(new(key, TakeValue(value, ref at)));
            }
            else if (first && impliedKey is not null)
            {
                pairs.Add(new(impliedKey, TakeValue(value, ref at)));
            }
            else
            {
                string word = value[at..end];
                at = end + 1;
                bool negated = word.StartsWith("no", StringComparison.Ordinal) && word.Length > 2;
                pairs.Add(negated && !IsOwnSwitch(word) ? new(word[2..], "off") : new(word, "on"));
            }

            first = false;
        }

        return pairs;
    }

    /// <summary>Whether the text may name an object: a letter, then letters, digits and <c>-._</c>.</summary>
    public static bool IsIdentifier(string id)
    {
        if (id.Length == 0 || !char.IsAsciiLetter(id[0]))
        {
            return false;
        }

        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads <c>on</c> or <c>off</c> (also yes/no, true/false, y/n).</summary>
    public static bool Switch(string option, string key, string value) =>
        value switch
        {
            "on" or "yes" or "true" or "y" => true,
            "off" or "no" or "false" or "n" => false,
            _ => throw new CommandLineException($"{option}: Parameter '{key}' expects 'on' or 'off'"),
        };

    // "nodelay" is the one switch whose own name begins like a negation.
    private static bool IsOwnSwitch(string word) => word == "nodelay";

    private static bool IsKey(string word)
    {
        foreach (char c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        return word.Length > 0 && char.IsAsciiLetter(word[0]);
    }

    /// <summary>Reads up to the next single comma and moves behind it.</summary>
    private static string TakeValue(string text, ref int at)
    {
        StringBuilder value = new();
        while (at < text.Length)
        {
            char c = text[at++];
            if (c == ',')
            {
                if (at == text.Length || text[at] != ',')
                {
                    break;
                }

                at++;
            }

            value.Append(c);
        }

        return value.ToString();
    }
}
