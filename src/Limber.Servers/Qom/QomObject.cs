using System.Collections.Generic;
using Limber.Servers.Json;

namespace Limber.Servers.Qom;

/// <summary>One object of the tree that clients browse by path: a snapshot, made for one question.</summary>
internal sealed class QomObject
{
    private readonly List<QomProperty> properties = [];
    private readonly List<QomObject> children = [];

    /// <param name="path">Absolute path.</param>
    /// <param name="typeName">Its type.</param>
    public QomObject(string path, string typeName)
    {
        Path = path;
        TypeName = typeName;
        Add("type", "string", typeName);
    }

    public string Path { get; }

    public string TypeName { get; }

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Own properties first, then one for each child, whose value is the child's path.</summary>
    public IReadOnlyList<QomProperty> Properties => properties;

    public IReadOnlyList<QomObject> Children => children;

    public void Add(string name, string typeName, JsonValue value) => properties.Add(new(name, typeName, () => value));

    /// <summary>Appends a child and returns it.</summary>
    public QomObject AddChild(QomObject child)
    {
        children.Add(child);
        Add(child.Name, $"child<{child.TypeName}>", child.Path);
        return child;
    }
}
