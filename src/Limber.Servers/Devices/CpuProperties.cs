using System;
using System.Globalization;
using Limber.Cpu;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices;

/// <summary>The address properties of a processor device. -1 stands for one that was not given.</summary>
internal sealed class CpuProperties
{
    public const string ApicIdName = "apic-id";

    /// <summary>In this order they are checked: that of QEMU's dictionaries.</summary>
    internal static readonly string[] Names =
        ["core-id", "thread-id", "module-id", "socket-id", "node-id", ApicIdName, "die-id"];

    private readonly long[] values = new long[Names.Length];

    private CpuProperties() => Array.Fill(values, -1);

    public CpuLocation Location =>
        new((int)this["socket-id"], (int)this["die-id"], (int)this["module-id"], (int)this["core-id"], (int)this["thread-id"]);

    public long NodeId => this["node-id"];

    /// <summary>Null when not given.</summary>
    public uint? ApicId => this[ApicIdName] is >= 0 and < uint.MaxValue and long value ? (uint)value : null;

    private long this[string name] => values[Array.IndexOf(Names, name)];

    /// <summary>Reads and checks all members except driver, bus and id.</summary>
    /// <param name="driver">For the message about an unknown property.</param>
    /// <param name="members">As the client sent them.</param>
    /// <param name="syntax">Where they come from.</param>
    public static CpuProperties Parse(string driver, JsonObject members, ValueSyntax syntax)
    {
        CpuProperties result = new();
        for (int i = 0; i < Names.Length; i++)
        {
            if (members.TryGet(Names[i], out JsonValue value))
            {
                result.values[i] = ParseValue(Names[i], value, syntax);
            }
        }

        foreach ((string name, _) in members)
        {
            if (Array.IndexOf(Names, name) < 0 && name is not ("driver" or "bus" or "id"))
            {
                throw new QmpException($"Property '{driver}.{name}' not found");
            }
        }

        return result;
    }

    private static long ParseValue(string name, JsonValue value, ValueSyntax syntax)
    {
        // In messages strings are taken for numbers, as QEMU did before 9.2: clients of both kinds exist.
        long number = value.Kind switch
        {
            JsonKind.Integer => value.AsInteger(),
            JsonKind.String when syntax != ValueSyntax.StrictJson && TryParseText(value.AsString(), out long parsed) => parsed,
            _ => throw (syntax == ValueSyntax.Text
                ? new QmpException($"Parameter '{name}' expects integer")
                : QmpException.WrongType(name, "integer")),
        };
        bool unsigned = name == ApicIdName;
        bool fits = unsigned ? number is >= 0 and <= uint.MaxValue : number is >= int.MinValue and <= int.MaxValue;
        return fits
            ? number
            : throw new QmpException($"Parameter '{name}' expects {(unsigned ? "uint32_t" : "int32_t")}");
    }

    /// <summary>Decimal, or hexadecimal after <c>0x</c>, with a sign.</summary>
    private static bool TryParseText(string text, out long value)
    {
        bool negative = text.StartsWith('-');
        ReadOnlySpan<char> digits = negative || text.StartsWith('+') ? text.AsSpan(1) : text;
        bool hex = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool valid = long.TryParse(
            hex ? digits[2..] : digits,
            hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out value);
        if (!valid || value < 0)
        {
            return false;
        }

        value = negative ? -value : value;
        return true;
    }
}
