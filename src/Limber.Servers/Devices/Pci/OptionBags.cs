using Limber.DeviceOptions;
using Limber.Servers.Json;

namespace Limber.Servers.Devices.Pci;

/// <summary>Members of a message, or parts of a line, as a property bag.</summary>
internal static class OptionBags
{
    private const int MaxDepth = 8;

    /// <param name="members">As a client sent them; those of inner objects get dotted names.</param>
    /// <param name="syntax">Where they come from.</param>
    /// <param name="stringsMayHoldValues">Strings are taken for numbers and booleans.</param>
    /// <exception cref="OptionException">Objects within objects beyond reason.</exception>
    public static OptionBag Of(JsonObject members, ValueSyntax syntax, bool stringsMayHoldValues = false)
    {
        OptionBag bag = new() { StringsMayHoldValues = stringsMayHoldValues };
        Add(bag, string.Empty, members, syntax, MaxDepth);
        return bag;
    }

    private static void Add(OptionBag bag, string prefix, JsonObject members, ValueSyntax syntax, int depth)
    {
        if (depth == 0)
        {
            throw new OptionException($"Parameter '{prefix.TrimEnd('.')}' has more than {MaxDepth} levels of objects");
        }

        foreach ((string name, JsonValue value) in members)
        {
            if (value.Kind == JsonKind.Object)
            {
                Add(bag, prefix + name + ".", value.AsObject(), syntax, depth - 1);
            }
            else
            {
                bag.Set(prefix + name, Value(value, syntax));
            }
        }
    }

    private static OptionValue Value(JsonValue value, ValueSyntax syntax) => value.Kind switch
    {
        JsonKind.String when syntax == ValueSyntax.Text => OptionValue.FromText(value.AsString()),
        JsonKind.String => OptionValue.FromString(value.AsString()),
        JsonKind.Integer => OptionValue.FromNumber(value.AsInteger()),
        JsonKind.Unsigned => OptionValue.FromNumber(value.AsUnsigned()),
        JsonKind.Boolean => OptionValue.FromBoolean(value.AsBoolean()),
        _ => default,
    };
}
