using System.Collections.Immutable;
using System.Linq;
using Limber.Config;

namespace Limber.DeviceOptions;

/// <summary>
/// <c>pc-dimm</c>: a memory module. It is in a slot of its own kind and on no bus, so it is no <see cref="DeviceDriver"/>.
/// </summary>
public static class DimmOptions
{
    public const string Driver = "pc-dimm";

    /// <summary>Its properties, as clients list them; the size is its backend's.</summary>
    public static ImmutableArray<PropertySpec> Properties { get; } =
    [
        new("memdev", "link<memory-backend>"),
        PropertySpec.Number("node", "uint32", 0),
        PropertySpec.Number("addr", "uint64", 0),
        PropertySpec.Number("slot", "int32", -1),
        new("size", "uint64"),
    ];

    /// <summary>Makes a module's configuration of its properties.</summary>
    /// <param name="bag">Properties; <c>driver</c> and <c>id</c> may be among them.</param>
    /// <param name="references">Where its memory is found.</param>
    /// <exception cref="OptionException">A property is unknown, missing or has a value it can't have.</exception>
    public static DimmConfig Read(OptionBag bag, IDeviceReferences references)
    {
        OptionReader options = new(bag, Driver);
        if (options.Text("bus") is { } bus)
        {
            throw new OptionException($"Bus '{bus}' not found");
        }

        options.RequireKnown(Properties.Select(static property => property.Name).Append("driver").Append("id"));
        if (options.Has("size"))
        {
            throw new OptionException($"Property '{Driver}.size' is not writable");
        }

        long slot = options.Number("slot", -1, int.MaxValue) ?? -1;
        ulong address = options.Size("addr") ?? 0;
        return new DimmConfig
        {
            Id = bag.TryGet("id", out OptionValue id) ? id.AsText() : null,
            Backend = MemoryReference.Read(options, references, "'memdev' property must be set").Name,
            Node = MemoryReference.ReadNode(options),
            Address = address == 0 ? null : address,
            Slot = slot < 0 ? null : (int)slot,
        };
    }
}
