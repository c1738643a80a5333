using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Limber.TestKit.Sessions;

/// <summary>Expected text and JSON with places that may hold anything.</summary>
public static class Pattern
{
    private const string Anything = "*";

    /// <summary>Whether a line is as expected; <c>*</c> stands for any number of any characters.</summary>
    public static bool Matches(string pattern, string line)
    {
        string[] parts = pattern.Split('*');
        if (parts.Length == 1)
        {
            return pattern == line;
        }

        int position = parts[0].Length;
        int end = line.Length - parts[^1].Length;
        if (end < position || !line.StartsWith(parts[0], StringComparison.Ordinal) || !line.EndsWith(parts[^1], StringComparison.Ordinal))
        {
            return false;
        }

        foreach (string part in parts[1..^1])
        {
            int at = line.IndexOf(part, position, end - position, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            position = at + part.Length;
        }

        return true;
    }

    /// <summary>Where a value is not as expected, as <c>$.return[0].type: expected 1, got 2</c>; null when it is.</summary>
    public static string? Difference(JsonElement pattern, JsonElement value, string place = "$")
    {
        if (pattern.ValueKind == JsonValueKind.String && pattern.GetString() == Anything)
        {
            return null;
        }

        if (pattern.ValueKind != value.ValueKind)
        {
            return Told(pattern, value, place);
        }

        return pattern.ValueKind switch
        {
            JsonValueKind.Object => ObjectDifference(pattern, value, place),
            JsonValueKind.Array when pattern.GetArrayLength() == value.GetArrayLength() =>
                pattern.EnumerateArray().Zip(value.EnumerateArray(), (p, v) => (p, v))
                    .Select((pair, i) => Difference(pair.p, pair.v, $"{place}[{i}]")).FirstOrDefault(d => d is not null),
            JsonValueKind.String when Matches(pattern.GetString()!, value.GetString()!) => null,
            JsonValueKind.String or JsonValueKind.Array => Told(pattern, value, place),
            _ => pattern.GetRawText() == value.GetRawText() ? null : Told(pattern, value, place),
        };
    }

    private static string? ObjectDifference(JsonElement pattern, JsonElement value, string place)
    {
        foreach (JsonProperty member in pattern.EnumerateObject())
        {
            if (!value.TryGetProperty(member.Name, out JsonElement found))
            {
                return $"{place}.{member.Name} is missing";
            }

            if (Difference(member.Value, found, $"{place}.{member.Name}") is { } difference)
            {
                return difference;
            }
        }

        IEnumerable<string> extra = value.EnumerateObject().Select(m => m.Name).Except(pattern.EnumerateObject().Select(m => m.Name));
        return extra.FirstOrDefault() is { } name ? $"{place}.{name} was not expected: {value.GetProperty(name)}" : null;
    }

    private static string Told(JsonElement pattern, JsonElement value, string place) =>
        $"{place}: expected {pattern.GetRawText()}, got {value.GetRawText()}";
}
