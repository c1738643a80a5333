using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config.Backends;

namespace Limber.DeviceOptions.Backends;

/// <summary><c>-blockdev</c> and <c>blockdev-add</c>.</summary>
public static class BlockdevOptions
{
    /// <summary>QEMU's limit of node names, without the zero at their end.</summary>
    private const int MaxNameBytes = 31;

    private static readonly string[] Drivers = ["file", "host_device", "qcow2", "raw"];

    private static readonly string[] Common =
        ["driver", "node-name", "read-only", "auto-read-only", "cache.direct", "cache.no-flush", "discard", "detect-zeroes", "force-share"];

    private static readonly string[] OfProtocol = ["filename", "aio", "locking"];

    private static readonly string[] OfQcow2 =
        ["l2-cache-size", "refcount-cache-size", "cache-size", "cache-clean-interval", "lazy-refcounts", "pass-discard-request", "backing"];

    /// <summary>Reads the description of a node that a client can name.</summary>
    /// <param name="bag">Its members; those of inner objects have dotted names.</param>
    /// <param name="find">The existing node with a name, or null.</param>
    /// <exception cref="OptionException">Missing, unknown or wrong.</exception>
    public static BlockNode Read(OptionBag bag, Func<string, BlockNode?> find)
    {
        BlockNode node = ReadNode(bag, find, isInner: false);
        if (node.Name is not { } name)
        {
            throw new OptionException("'node-name' must be specified for the root node");
        }

        if (name.Length > MaxNameBytes)
        {
            throw new OptionException($"Node name too long: '{name}' has {name.Length} characters (maximum: {MaxNameBytes})");
        }

        if (!Identifier.IsValid(name))
        {
            throw new OptionException($"Invalid node-name: '{name}' (a letter, then letters, digits, '-', '.' and '_', {MaxNameBytes} in all)");
        }

        foreach (string? inner in (string?[])[name, node.ChildIsReference ? null : node.Child?.Name])
        {
            if (inner is not null && find(inner) is not null)
            {
                throw new OptionException($"Duplicate nodes with node-name='{inner}'");
            }
        }

        return node;
    }

    private static BlockNode ReadNode(OptionBag bag, Func<string, BlockNode?> find, bool isInner)
    {
        OptionReader options = new(bag);
        string driver = options.RequiredText("driver");
        if (Array.IndexOf(Drivers, driver) < 0)
        {
            throw new OptionException($"Parameter 'driver' does not accept value '{driver}'");
        }

        bool isProtocol = driver is "file" or "host_device";
        if (isProtocol)
        {
            options.RequireKnown(Common.Concat(OfProtocol));
        }
        else
        {
            if (isInner)
            {
                throw OptionException.NotBuilt($"Parameter 'file.driver' with value '{driver}'", "supported: file, host_device");
            }

            foreach (string part in (string[])["offset", "size"])
            {
                if (options.Has(part))
                {
                    throw OptionException.NotBuilt($"Parameter '{part}'", "the whole file is the image");
                }
            }

            IEnumerable<string> known = driver == "raw" ? Common : Common.Concat(OfQcow2);
            options.RequireKnown(known.Append("file").Concat(bag.Names.Where(IsOfFile)));
        }

        options.RequireSwitch("force-share", false);
        options.Boolean("auto-read-only");
        if (options.Word("detect-zeroes", "off", "on", "unmap") == "unmap" && BlockOptionWords.Discard(options) != true)
        {
            throw new OptionException("setting detect-zeroes to unmap is not allowed without setting discard operation to unmap");
        }

        return isProtocol ? Protocol(options, driver) : Format(options, driver, find);
    }

    private static BlockNode Protocol(OptionReader options, string driver)
    {
        options.Word("locking", "auto", "on", "off");
        string file = options.Text("filename") ?? throw OptionException.Missing("filename");
        bool direct = options.Boolean("cache.direct") ?? false;
        return new BlockNode
        {
            Name = options.Text("node-name"),
            Driver = driver,
            Image = new BlockImageConfig
            {
                Path = BlockOptionWords.Path(file),
                Format = BlockFormat.Raw,
                ReadOnly = options.Boolean("read-only") ?? false,
                Direct = direct,
                NoFlush = options.Boolean("cache.no-flush") ?? false,
                Discard = BlockOptionWords.Discard(options) ?? false,
                Engine = BlockOptionWords.Engine(options, direct),
            },
        };
    }

    private static BlockNode Format(OptionReader options, string driver, Func<string, BlockNode?> find)
    {
        if (options.Bag.TryGet("backing", out OptionValue backing) && backing.Kind != OptionKind.Other)
        {
            throw OptionException.NotBuilt($"backing={backing}", "the image's own backing file is used");
        }

        foreach (string size in (string[])["l2-cache-size", "refcount-cache-size", "cache-size", "cache-clean-interval"])
        {
            options.Size(size);
        }

        options.Boolean("lazy-refcounts");
        options.Boolean("pass-discard-request");
        OptionBag inner = options.Bag.Under("file");
        string? reference = options.Text("file");
        if (reference is null && inner.Count == 0)
        {
            throw OptionException.Missing("file");
        }

        BlockNode child = reference is null ? Inner(options, inner, find) : Named(reference, find);
        bool direct = options.Boolean("cache.direct") ?? false;
        bool discard = BlockOptionWords.Discard(options) ?? false;
        return new BlockNode
        {
            Name = options.Text("node-name"),
            Driver = driver,
            Child = child,
            ChildIsReference = reference is not null,
            Image = child.Image with
            {
                Format = driver == "raw" ? BlockFormat.Raw : BlockFormat.Qcow2,
                ReadOnly = options.Boolean("read-only") ?? child.Image.ReadOnly,
                Direct = direct || child.Image.Direct,
                NoFlush = (options.Boolean("cache.no-flush") ?? false) || child.Image.NoFlush,

                // A format with a node of its own below it hands discards down; a shared node decides for itself.
                Discard = discard && (reference is null || child.Image.Discard),
            },
        };
    }

    private static BlockNode Inner(OptionReader outer, OptionBag inner, Func<string, BlockNode?> find)
    {
        // QEMU gives an inner node the outer one's cache options unless it has its own; aio=native is checked against them.
        foreach (string inherited in (string[])["cache.direct", "cache.no-flush"])
        {
            if (!inner.Contains(inherited) && outer.Bag.TryGet(inherited, out OptionValue value))
            {
                inner.Set(inherited, value);
            }
        }

        return ReadNode(inner, find, isInner: true);
    }

    private static BlockNode Named(string name, Func<string, BlockNode?> find)
    {
        BlockNode child = find(name) ?? throw new OptionException($"Cannot find device='{name}' nor node-name='{name}'");
        return child.IsProtocol
            ? child
            : throw OptionException.NotBuilt($"Parameter 'file' with node '{name}' of driver {child.Driver}", "supported: file, host_device");
    }

    private static bool IsOfFile(string member) => member.StartsWith("file.", StringComparison.Ordinal);
}
