using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary>
/// The values of one Cloud Hypervisor option: <c>key=value</c> items between commas. Quotes protect commas
/// (a doubled quote within them is a quote), square brackets nest and protect commas too, and <c>key=</c>
/// is the same as leaving the key out.
/// </summary>
internal sealed class OptionParser
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly string _option;

    /// <param name="option">The option and its value as typed, for messages.</param>
    /// <param name="text">The option's value.</param>
    /// <param name="keys">Keys that need a value.</param>
    /// <param name="words">Words that stand alone, such as <c>tty</c>.</param>
    public OptionParser(string option, string text, string[] keys, string[] words)
    {
        _option = option;
        foreach (string item in Split(text.Trim()))
        {
            int equals = item.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? item : item[..equals];
            bool known = Array.IndexOf(equals < 0 ? words : keys, key) >= 0;
            if (!known && equals < 0 && Array.IndexOf(keys, key) >= 0)
            {
                throw new CommandLineException($"{option}: '{key}' needs a value: {key}=...");
            }

            if (!known)
            {
                throw new CommandLineException($"{option}: unknown option '{key}'");
            }

            _values[key] = equals < 0 ? "" : Unquote(item[(equals + 1)..]);
        }
    }

    /// <summary>Whether the word stands in the value.</summary>
    public bool HasWord(string word) => _values.ContainsKey(word);

    /// <summary>The value of a key; null when it is absent or empty.</summary>
    public string? Text(string key) => _values.TryGetValue(key, out string? text) && text.Length > 0 ? text : null;

    /// <summary>A positive whole number, or null when the key is absent.</summary>
    public int? Count(string key, int limit)
    {
        if (Text(key) is not string text)
        {
            return null;
        }

        bool ok = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        return ok && number >= 1 && number <= limit
            ? number
            : throw new CommandLineException($"{_option}: {key}={text} is not a number from 1 to {limit}");
    }

    /// <summary>A whole number in bounds, or null when the key is absent.</summary>
    public ulong? Number(string key, ulong least, ulong most)
    {
        if (Text(key) is not string text)
        {
            return null;
        }

        bool ok = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        return ok && number >= least && number <= most
            ? number
            : throw new CommandLineException($"{_option}: {key}={text} is not a number from {least} to {most}");
    }

    /// <summary>on, off, true or false; null when the key is absent.</summary>
    public bool? Toggle(string key) =>
        Text(key)?.ToLowerInvariant() switch
        {
            null => null,
            "on" or "true" => true,
            "off" or "false" => false,
            _ => throw new CommandLineException($"{_option}: {key}={Text(key)} is not on or off"),
        };

    /// <summary>Bytes: a whole number with an optional suffix K, M or G; null when the key is absent.</summary>
    public ulong? Size(string key)
    {
        if (Text(key) is not string text)
        {
            return null;
        }

        int shift = text[^1] switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            _ => 0,
        };
        ReadOnlySpan<char> digits = shift == 0 ? text : text.AsSpan(0, text.Length - 1);
        bool ok = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        UInt128 bytes = (UInt128)number << shift;
        return ok && bytes <= ulong.MaxValue
            ? (ulong)bytes
            : throw new CommandLineException(
                $"{_option}: {key}={text} is not a number below 2^64 with an optional suffix K, M or G");
    }

    private List<string> Split(string text)
    {
        List<string> items = [];
        int start = 0;
        int depth = 0;
        bool quoted = false;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ',';
            quoted ^= c == '"';
            depth += quoted ? 0 : c switch { '[' => 1, ']' => -1, _ => 0 };
            bool open = quoted || depth != 0;
            if (i == text.Length && open || depth < 0)
            {
                throw new CommandLineException($"{_option}: quotes or brackets do not match");
            }

            if (c != ',' || open)
            {
                continue;
            }

            if (i > start)
            {
                items.Add(text[start..i]);
            }

            start = i + 1;
        }

        return items;
    }

    private static string Unquote(string text)
    {
        if (!text.Contains('"', StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder plain = new(text.Length);
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            bool doubled = quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"';
            if (doubled)
            {
                i++;
                plain.Append('"');
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
