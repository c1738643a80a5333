using System;
using System.Globalization;
using Limber.DeviceOptions;
using Limber.Servers.Json;

namespace Limber.Servers.Devices.Memory;

/// <summary>Sizes that clients give to virtio-mem devices.</summary>
internal static class MemorySizes
{
    /// <summary>
    /// A size of QEMU's <c>qom-set</c>: a number, of which a negative one is a very large one, or in a command line text with a unit.
    /// </summary>
    /// <returns>Bytes, or null for what is no size.</returns>
    public static ulong? Parse(JsonValue value, ValueSyntax syntax) => value.Kind switch
    {
        JsonKind.Integer => unchecked((ulong)value.AsInteger()),
        JsonKind.Unsigned => value.AsUnsigned(),
        JsonKind.String when syntax == ValueSyntax.Text && SizeText.Parse(value.AsString()) is { } size && size <= ulong.MaxValue => (ulong)size,
        _ => null,
    };

    /// <summary>A size of StratoVirt's <c>set-viomem</c>: MiB, or with a suffix k, M or G.</summary>
    public static ulong? ParseStratoVirt(string text)
    {
        int shift = text.Length == 0 ? 0 : text[^1] switch
        {
            'k' or 'K' => 10,
            'm' or 'M' => 20,
            'g' or 'G' => 30,
            _ => 0,
        };
        ReadOnlySpan<char> digits = shift == 0 ? text : text.AsSpan(0, text.Length - 1);
        bool valid = ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        UInt128 bytes = (UInt128)number << (shift == 0 ? 20 : shift);
        return valid && bytes <= ulong.MaxValue ? (ulong)bytes : null;
    }
}
