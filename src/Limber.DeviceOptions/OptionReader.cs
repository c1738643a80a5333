using System;
using System.Collections.Generic;
using System.Globalization;

namespace Limber.DeviceOptions;

/// <summary>Reads typed values out of a bag, with QEMU's texts for what does not fit.</summary>
/// <param name="bag">What was given.</param>
/// <param name="owner">Type name in messages, such as <c>virtio-blk-pci</c>; null for backends, whose messages have none.</param>
internal sealed class OptionReader(OptionBag bag, string? owner = null)
{
    public OptionBag Bag => bag;

    public bool Has(string name) => bag.Contains(name);

    /// <summary>Refuses members with other names.</summary>
    public void RequireKnown(IEnumerable<string> known)
    {
        HashSet<string> names = [.. known];
        foreach ((string name, _) in bag)
        {
            if (!names.Contains(name))
            {
                throw owner is null
                    ? new OptionException($"Parameter '{name}' is unexpected")
                    : new OptionException($"Property '{owner}.{name}' not found");
            }
        }
    }

    public string? Text(string name)
    {
        if (!bag.TryGet(name, out OptionValue value))
        {
            return null;
        }

        return value.AsText() ?? throw WrongType(name, "string");
    }

    public string RequiredText(string name) => Text(name) is { Length: > 0 } text ? text : throw OptionException.Missing(name);

    public bool? Boolean(string name)
    {
        if (!bag.TryGet(name, out OptionValue value))
        {
            return null;
        }

        if (value.AsBoolean() is { } boolean)
        {
            return boolean;
        }

        if (!HoldsText(value))
        {
            throw WrongType(name, "boolean");
        }

        return value.AsText() switch
        {
            "on" or "yes" or "true" or "y" => true,
            "off" or "no" or "false" or "n" => false,
            _ => throw new OptionException($"Parameter '{name}' expects 'on' or 'off'"),
        };
    }

    /// <summary>A switch that only one position of is built.</summary>
    public void RequireSwitch(string name, bool supported)
    {
        if (Boolean(name) is { } given && given != supported)
        {
            throw OptionException.NotBuilt($"{name}={(given ? "on" : "off")}", $"supported: {(supported ? "on" : "off")}");
        }
    }

    /// <summary>One of some words.</summary>
    public string? Word(string name, params ReadOnlySpan<string> words)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        foreach (string word in words)
        {
            if (word == text)
            {
                return text;
            }
        }

        throw new OptionException($"Parameter '{name}' does not accept value '{text}'");
    }

    /// <summary>An integer: decimal, or hexadecimal after <c>0x</c>.</summary>
    public long? Number(string name, long min, long max)
    {
        if (!bag.TryGet(name, out OptionValue value))
        {
            return null;
        }

        Int128 number = value.AsNumber()
            ?? (HoldsText(value) && TryParse(value.AsText()!, out Int128 parsed) ? parsed : throw WrongType(name, "integer"));
        return number >= min && number <= max
            ? (long)number
            : throw new OptionException(string.Create(CultureInfo.InvariantCulture, $"{Subject(name)} doesn't take value {number} (minimum: {min}, maximum: {max})"));
    }

    /// <summary>A number of bytes; text may be a fraction and end in a unit (<see cref="SizeText"/>).</summary>
    public ulong? Size(string name)
    {
        if (!bag.TryGet(name, out OptionValue value))
        {
            return null;
        }

        Int128? number = value.AsNumber() ?? (HoldsText(value) ? SizeText.Parse(value.AsText()!) : null);
        return number is { } size && size >= 0 && size <= ulong.MaxValue ? (ulong)size : throw new OptionException($"Parameter '{name}' expects uint64");
    }

    /// <summary>A power of two.</summary>
    public int? PowerOfTwo(string name, int min, int max)
    {
        if (Number(name, min, max) is not { } number)
        {
            return null;
        }

        return long.IsPow2(number)
            ? (int)number
            : throw new OptionException(string.Create(CultureInfo.InvariantCulture, $"{Subject(name)} doesn't take value {number}: it must be a power of 2 ({min}..{max})"));
    }

    internal string Subject(string name) => owner is null ? $"Parameter '{name}'" : $"Property '{owner}.{name}'";

    internal OptionException BadValue(string name, string value) => new($"{Subject(name)} doesn't take value '{value}'");

    private bool HoldsText(OptionValue value) =>
        value.Kind == OptionKind.Text || (value.Kind == OptionKind.String && bag.StringsMayHoldValues);

    private OptionException WrongType(string name, string expected) =>
        bag.TryGet(name, out OptionValue value) && value.Kind == OptionKind.Text
            ? new OptionException($"Parameter '{name}' expects {expected}")
            : new OptionException($"Invalid parameter type for '{name}', expected: {expected}");

    private static bool TryParse(string text, out Int128 number)
    {
        bool negative = text.StartsWith('-');
        ReadOnlySpan<char> digits = negative || text.StartsWith('+') ? text.AsSpan(1) : text;
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool valid = ulong.TryParse(
            hex ? digits[2..] : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong magnitude);
        number = negative ? -(Int128)magnitude : magnitude;
        return valid;
    }
}
