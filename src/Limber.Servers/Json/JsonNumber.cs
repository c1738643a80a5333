using System;
using System.Buffers.Text;
using System.Globalization;

namespace Limber.Servers.Json;

/// <summary>Numbers: 64-bit integers stay exact, all others become doubles.</summary>
internal static class JsonNumber
{
    /// <param name="token">Text that the lexer accepted as an integer.</param>
    public static JsonValue ParseInteger(ReadOnlySpan<byte> token)
    {
        if (Utf8Parser.TryParse(token, out long signed, out int used) && used == token.Length)
        {
            return signed;
        }

        if (Utf8Parser.TryParse(token, out ulong unsigned, out used) && used == token.Length)
        {
            return JsonValue.FromUnsigned(unsigned);
        }

        return ParseDouble(token);
    }

    /// <summary>Overflow gives infinity, as C's <c>strtod</c> does.</summary>
    public static JsonValue ParseDouble(ReadOnlySpan<byte> token) =>
        double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>Text in the form of C's <c>%.17g</c>.</summary>
    public static string Format(double value)
    {
        if (double.IsNaN(value))
        {
            return "nan";
        }

        return double.IsInfinity(value)
            ? (value > 0 ? "inf" : "-inf")
            : value.ToString("g17", CultureInfo.InvariantCulture);
    }
}
