using System;
using System.Text.Json;
using Limber.DeviceOptions;

namespace Limber.CommandLine.Qemu.Devices;

/// <summary>Option values as property bags: in QEMU's <c>key=value</c> form or in JSON, whose inner names become dotted.</summary>
internal static class QemuOptionBags
{
    private const int MaxDepth = 8;

    /// <summary>The form in which a bare word is a switch (<c>-drive</c>, <c>-device</c>).</summary>
    public static OptionBag Loose(string option, string value, string? impliedKey) =>
        value.StartsWith('{') ? Json(option, value) : OptionBag.FromText(QemuKeyValues.Loose(value, impliedKey));

    /// <summary>The form in which every key needs a value (<c>-blockdev</c>, <c>-object</c>).</summary>
    public static OptionBag Strict(string option, string value, string impliedKey) =>
        value.StartsWith('{') ? Json(option, value) : OptionBag.FromText(QemuKeyValues.Strict(option, value, impliedKey));

    private static OptionBag Json(string option, string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            OptionBag bag = new();
            Add(bag, string.Empty, document.RootElement);
            return bag;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter for half a surrogate pair in a string.
            throw new CommandLineException($"{option}: not a JSON object of at most {MaxDepth} levels");
        }
    }

    private static void Add(OptionBag bag, string prefix, JsonElement members)
    {
        foreach (JsonProperty member in members.EnumerateObject())
        {
            string name = prefix + member.Name;
            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                Add(bag, name + ".", member.Value);
            }
            else
            {
                bag.Set(name, Value(member.Value));
            }
        }
    }

    private static OptionValue Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => OptionValue.FromString(value.GetString()!),
        JsonValueKind.True => OptionValue.FromBoolean(true),
        JsonValueKind.False => OptionValue.FromBoolean(false),
        JsonValueKind.Number when value.TryGetInt64(out long number) => OptionValue.FromNumber(number),
        JsonValueKind.Number when value.TryGetUInt64(out ulong number) => OptionValue.FromNumber(number),
        _ => default,
    };
}
