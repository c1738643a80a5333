using System;
using System.Collections.Generic;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp;

namespace Limber.Servers.Qom;

/// <summary>One object of the tree that clients browse by path: a snapshot, made for one question.</summary>
internal sealed class QomObject
{
    private const string Peripherals = "/machine/peripheral/";

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

    /// <summary>A property that the device was given.</summary>
    public void AddOption(string name, string typeName, JsonValue value) => properties.Add(new(name, typeName, () => value) { IsOption = true });

    public void Add(QomProperty property) => properties.Add(property);

    /// <summary>The property with a name.</summary>
    /// <exception cref="QmpException">There is none.</exception>
    public QomProperty Find(string name) =>
        properties.Find(property => property.Name == name) ?? throw new QmpException($"Property '{TypeName}.{name}' not found");

    /// <summary>Changes a property.</summary>
    /// <exception cref="QmpException">There is none, it can't be changed, or not to this value.</exception>
    public void Set(string name, JsonValue value, ValueSyntax syntax)
    {
        QomProperty property = Find(name);
        if (property.Write is { } write)
        {
            write(value, syntax);
            return;
        }

        string device = Path.StartsWith(Peripherals, StringComparison.Ordinal) ? $"device '{Name}'" : "anonymous device";
        throw property.IsOption
            ? new QmpException($"Attempt to set property '{name}' on {device} (type '{TypeName}') after it was realized")
            : new QmpException($"Property '{property.Owner ?? TypeName}.{name}' is not writable");
    }

    /// <summary>Appends a child and returns it.</summary>
    public QomObject AddChild(QomObject child)
    {
        children.Add(child);
        Add(child.Name, $"child<{child.TypeName}>", child.Path);
        return child;
    }
}
