using System;
using System.Globalization;

namespace Limber.DeviceOptions;

/// <summary>One value of an option. Immutable; <c>default</c> is <see cref="OptionKind.Other"/>.</summary>
public readonly record struct OptionValue
{
    private readonly string? text;
    private readonly Int128 number;

    private OptionValue(OptionKind kind, string? text, Int128 number)
    {
        Kind = kind;
        this.text = text;
        this.number = number;
    }

    public OptionKind Kind { get; }

    public static OptionValue FromText(string text) => new(OptionKind.Text, text, 0);

    public static OptionValue FromString(string text) => new(OptionKind.String, text, 0);

    /// <param name="number">In the range of 64 bits, signed or unsigned.</param>
    public static OptionValue FromNumber(Int128 number) => new(OptionKind.Number, null, number);

    public static OptionValue FromBoolean(bool value) => new(OptionKind.Boolean, null, value ? 1 : 0);

    /// <summary>The characters of a text or a string; null for the other kinds.</summary>
    public string? AsText() => Kind is OptionKind.Text or OptionKind.String ? text : null;

    /// <summary>The number; null for the other kinds.</summary>
    public Int128? AsNumber() => Kind == OptionKind.Number ? number : null;

    /// <summary>The boolean; null for the other kinds.</summary>
    public bool? AsBoolean() => Kind == OptionKind.Boolean ? number != 0 : null;

    /// <summary>As messages show it.</summary>
    public override string ToString() => Kind switch
    {
        OptionKind.Text or OptionKind.String => text!,
        OptionKind.Number => number.ToString(CultureInfo.InvariantCulture),
        OptionKind.Boolean => number != 0 ? "true" : "false",
        _ => "null",
    };
}
