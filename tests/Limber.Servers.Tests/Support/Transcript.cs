using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace Limber.Servers.Tests.Support;

/// <summary>Observed exchanges: a line with '&gt;' was sent, the next with '&lt;' was received.</summary>
internal static class Transcript
{
    public static IReadOnlyList<(string Sent, string Received)> Load(string name)
    {
        List<(string, string)> rows = [];
        string sent = string.Empty;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Transcripts", name)))
        {
            if (line.StartsWith("> ", StringComparison.Ordinal))
            {
                sent = Unescape(line[2..]);
            }
            else if (line.StartsWith("< ", StringComparison.Ordinal))
            {
                rows.Add((sent, Unescape(line[2..])));
            }
        }

        return rows;
    }

    private static string Unescape(string text)
    {
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] == '\\')
            {
                result.Append(text[i++]);
            }
            else if (text[i] == '\\' && i + 3 < text.Length && text[i + 1] == 'x')
            {
                result.Append((char)byte.Parse(text.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}
