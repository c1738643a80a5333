using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Limber.Servers.Hmp;

/// <summary>Shows what a word can become, in columns for a screen of 80.</summary>
internal sealed class CompletionList(ByteBuffer output, string prompt)
{
    private const int ScreenWidth = 80;
    private const int MinColumnWidth = 10;

    /// <summary>Prints the candidates and a new prompt.</summary>
    public void Print(IReadOnlyList<string> candidates)
    {
        int width = Math.Clamp(candidates.Max(static word => word.Length) + 2, MinColumnWidth, ScreenWidth);
        int columns = ScreenWidth / width;
        StringBuilder text = new("\r\n");
        for (int i = 0; i < candidates.Count; i++)
        {
            text.Append(candidates[i].PadRight(width));
            if ((i + 1) % columns == 0 || i == candidates.Count - 1)
            {
                text.Append("\r\n");
            }
        }

        output.Append(Encoding.UTF8.GetBytes(text.Append(prompt).ToString()));
    }

    public static string CommonPrefix(IReadOnlyList<string> words)
    {
        ReadOnlySpan<char> prefix = words[0];
        foreach (string word in words)
        {
            prefix = prefix[..prefix.CommonPrefixLength(word)];
        }

        return prefix.ToString();
    }
}
