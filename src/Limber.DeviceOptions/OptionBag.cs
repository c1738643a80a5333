using System;
using System.Collections;
using System.Collections.Generic;

namespace Limber.DeviceOptions;

/// <summary>
/// Named values as a client gave them, in their order. A member of a member has a dotted name (<c>file.filename</c>), as on
/// QEMU's command line, whatever form the client used. A later value of a name replaces an earlier one.
/// </summary>
public sealed class OptionBag : IEnumerable<KeyValuePair<string, OptionValue>>
{
    private readonly List<string> order = [];
    private readonly Dictionary<string, OptionValue> values = new(StringComparer.Ordinal);

    /// <summary>
    /// A string may stand where a number or a boolean belongs: clients of older QEMU releases send <c>"1"</c> to device_add.
    /// </summary>
    public bool StringsMayHoldValues { get; init; }

    public int Count => order.Count;

    /// <summary>The names, in their order.</summary>
    public IReadOnlyList<string> Names => order;

    /// <summary>A bag of untyped text.</summary>
    public static OptionBag FromText(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        OptionBag bag = new();
        foreach ((string name, string value) in pairs)
        {
            bag.Set(name, OptionValue.FromText(value));
        }

        return bag;
    }

    public void Set(string name, OptionValue value)
    {
        if (!values.ContainsKey(name))
        {
            order.Add(name);
        }

        values[name] = value;
    }

    public bool Remove(string name) => values.Remove(name) && order.Remove(name);

    public bool Contains(string name) => values.ContainsKey(name);

    public bool TryGet(string name, out OptionValue value) => values.TryGetValue(name, out value);

    /// <summary>The members of a member, under their own names.</summary>
    public OptionBag Under(string name)
    {
        string prefix = name + ".";
        OptionBag inner = new() { StringsMayHoldValues = StringsMayHoldValues };
        foreach (string member in order)
        {
            if (member.StartsWith(prefix, StringComparison.Ordinal))
            {
                inner.Set(member[prefix.Length..], values[member]);
            }
        }

        return inner;
    }

    public IEnumerator<KeyValuePair<string, OptionValue>> GetEnumerator()
    {
        foreach (string name in order)
        {
            yield return new(name, values[name]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
