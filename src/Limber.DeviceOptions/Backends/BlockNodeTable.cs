using System;
using System.Collections.Generic;
using System.Linq;

namespace Limber.DeviceOptions.Backends;

/// <summary>The block nodes that were given one by one, and which of them is below which. Thread: one at a time.</summary>
public sealed class BlockNodeTable
{
    private readonly List<BlockNode> roots = [];

    /// <summary>Nodes that are images of their own: not below another one. In the order they came.</summary>
    public IEnumerable<BlockNode> Images => roots.Where(node => UserOf(node.Name!) is null);

    /// <summary>The node with a name, or null.</summary>
    public BlockNode? Find(string name) =>
        roots.Find(node => node.Name == name) ?? roots.Find(node => node.Child?.Name == name)?.Child;

    /// <summary>Name of the node that is above the one with a name, or null.</summary>
    public string? UserOf(string name) => roots.Find(node => node.Child?.Name == name)?.Name;

    /// <summary>Adds a node that <see cref="BlockdevOptions.Read"/> made against this table.</summary>
    /// <exception cref="OptionException">The node below it has another above it already.</exception>
    public void Add(BlockNode node)
    {
        RequireFreeChild(node);
        roots.Add(node);
    }

    /// <summary>Checks what <see cref="Add"/> checks.</summary>
    public void RequireFreeChild(BlockNode node)
    {
        if (node is { ChildIsReference: true, Child.Name: { } child } && UserOf(child) is { } user)
        {
            throw new OptionException($"Node '{child}' is in use by node '{user}'");
        }
    }

    public void Remove(string name) => roots.RemoveAll(node => string.Equals(node.Name, name, StringComparison.Ordinal));
}
