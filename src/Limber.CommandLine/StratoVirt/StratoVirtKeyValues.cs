using System.Collections.Generic;

namespace Limber.CommandLine.StratoVirt;

/// <summary>
/// Splits the value of a StratoVirt option at commas and each item at <c>=</c>. There is no way to write a
/// comma or an equals sign within a value, and a bare word is a flag: <c>server,nowait</c>, never
/// <c>server=on,wait=off</c>.
/// </summary>
internal static class StratoVirtKeyValues
{
    private const int MaxText = 255;

    /// <summary>Items in order; the value of a flag is null.</summary>
    /// <param name="option">The option and its value as typed, for messages.</param>
    /// <param name="value">The option's value.</param>
    /// <param name="impliedKey">Key of a first item without <c>=</c>, or null: it is a flag then.</param>
    public static List<(string Key, string? Value)> Split(string option, string value, string? impliedKey)
    {
        List<(string, string?)> items = [];
        string[] parts = value.Split(',');
        for (int i = 0; i < parts.Length; i++)
        {
            string[] sides = parts[i].Split('=');
            switch (sides)
            {
                case [string word] when i == 0 && impliedKey is not null:
                    items.Add((impliedKey, word));
                    break;
                case [string word] when word.Length > 0:
                    items.Add((word, null));
                    break;
                case [string key, string text] when key.Length > 0:
                    items.Add((key, text));
                    break;
                default:
                    throw new CommandLineException($"{option}: '{parts[i]}' is not key=value");
            }
        }

        return items;
    }

    /// <summary>Reads a boolean: true, on, yes, unmap or false, off, no, ignore.</summary>
    public static bool Boolean(string option, string key, string? value) =>
        value switch
        {
            "true" or "on" or "yes" or "unmap" => true,
            "false" or "off" or "no" or "ignore" => false,
            _ => throw new CommandLineException($"{option}: '{key}' must be on or off, not '{value}'"),
        };

    /// <summary>Reads a path, an id or a name.</summary>
    public static string Text(string option, string key, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            throw new CommandLineException($"{option}: '{key}' needs a value");
        }

        return value.Length <= MaxText
            ? value
            : throw new CommandLineException($"{option}: '{key}' is longer than {MaxText} characters ({value.Length})");
    }
}
