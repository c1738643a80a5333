using System;
using System.Collections.Generic;
using System.Text;
using Limber.Servers.Json;

namespace Limber.Servers.Devices;

/// <summary>
/// The form <c>driver[,key=value]...</c>, in which the first part may also be <c>driver=...</c>, and two commas are one
/// literal comma. A later key wins over an earlier one.
/// </summary>
internal static class DeviceOptions
{
    /// <summary>Splits.</summary>
    /// <param name="text">The line.</param>
    /// <param name="help">Whether <c>help</c> or <c>?</c> was among the parts.</param>
    /// <param name="impliedKey">What a first part without a key is.</param>
    public static JsonObject Parse(string text, out bool help, string impliedKey = "driver")
    {
        help = false;
        Dictionary<string, string> members = [];
        int position = 0;
        for (bool first = true; position < text.Length || (first && text.Length > 0); first = false)
        {
            string part = NextPart(text, ref position);
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                members[part[..equals]] = part[(equals + 1)..];
            }
            else if (part is "help" or "?")
            {
                help = true;
            }
            else
            {
                // A key alone is a switch; the first part alone is the driver or what stands for it.
                members[first ? impliedKey : part] = first ? part : "on";
            }
        }

        JsonObject result = [];
        foreach ((string name, string value) in members)
        {
            result.Add(name, value);
        }

        return result;
    }

    /// <summary>No id, or one that is an identifier.</summary>
    public static bool HasValidId(JsonObject members) =>
        !members.TryGet("id", out JsonValue id) || IsIdentifier(id.AsString());

    /// <summary>Letters, digits, '-', '.', '_', starting with a letter.</summary>
    private static bool IsIdentifier(string id)
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

    private static string NextPart(string text, ref int position)
    {
        StringBuilder part = new();
        while (position < text.Length)
        {
            char c = text[position++];
            if (c == ',')
            {
                if (position == text.Length || text[position] != ',')
                {
                    break;
                }

                position++;
            }

            part.Append(c);
        }

        return part.ToString();
    }
}
