using System.Collections;
using System.Collections.Generic;

namespace Limber.Servers.Json;

/// <summary>
/// JSON object whose members keep their order. Small ones are searched linearly; from <see cref="IndexThreshold"/>
/// members on an index is kept, so that a client's object with a million keys costs linear time.
/// </summary>
public sealed class JsonObject : IEnumerable<KeyValuePair<string, JsonValue>>
{
    private const int IndexThreshold = 12;

    private readonly List<KeyValuePair<string, JsonValue>> members = [];
    private Dictionary<string, int>? index;

    public int Count => members.Count;

    public KeyValuePair<string, JsonValue> this[int position] => members[position];

    /// <summary>Appends a member; the caller knows that the name is new.</summary>
    public void Add(string name, JsonValue value) => TryAdd(name, value);

    /// <summary>Appends a member unless the name is taken.</summary>
    public bool TryAdd(string name, JsonValue value)
    {
        if (Find(name) >= 0)
        {
            return false;
        }

        index?.Add(name, members.Count);
        members.Add(new(name, value));
        return true;
    }

    public bool TryGet(string name, out JsonValue value)
    {
        int position = Find(name);
        value = position < 0 ? default : members[position].Value;
        return position >= 0;
    }

    public bool Contains(string name) => Find(name) >= 0;

    public IEnumerator<KeyValuePair<string, JsonValue>> GetEnumerator() => members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => members.GetEnumerator();

    private int Find(string name)
    {
        if (index is null && members.Count >= IndexThreshold)
        {
            index = new(members.Count * 2);
            for (int i = 0; i < members.Count; i++)
            {
                index.Add(members[i].Key, i);
            }
        }

        if (index is not null)
        {
            return index.TryGetValue(name, out int position) ? position : -1;
        }

        for (int i = 0; i < members.Count; i++)
        {
            if (members[i].Key == name)
            {
                return i;
            }
        }

        return -1;
    }
}
