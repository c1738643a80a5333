using System.Collections.Immutable;
using System.Linq;
using Limber.Config.Devices;

namespace Limber.DeviceOptions;

/// <summary>One kind of PCI device that can be given by name and properties.</summary>
public abstract class DeviceDriver
{
    private static readonly string[] Placing = ["driver", "id", "bus"];

    private static readonly ImmutableArray<PropertySpec> Common =
    [
        PropertySpec.Number("addr", "int32", -1),
        PropertySpec.Switch("multifunction", false),
        PropertySpec.Text("romfile"),
        PropertySpec.Number("rombar", "uint32", 1),
    ];

    private static readonly ImmutableArray<PropertySpec> Virtio =
    [
        new("disable-legacy", "OnOffAuto", OptionValue.FromString("auto")),
        PropertySpec.Switch("disable-modern", false),
        PropertySpec.Switch("iommu_platform", false),
        PropertySpec.Switch("ats", false),
        PropertySpec.Switch("packed", false),
        PropertySpec.Switch("indirect_desc", true),
        PropertySpec.Switch("event_idx", true),
        PropertySpec.Switch("queue_reset", true),
        PropertySpec.Switch("ioeventfd", true),
        PropertySpec.Number("vectors", "uint32", -1),
    ];

    private ImmutableArray<PropertySpec> properties;

    private protected DeviceDriver() { }

    /// <summary>Its name, such as <c>virtio-blk-pci</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Other names of it, without those that all virtio devices have by rule.</summary>
    public virtual string? ShortName => null;

    /// <summary>Heading in lists of drivers: Storage, Network ...</summary>
    public abstract string Category { get; }

    /// <summary>One can be plugged while the guest runs.</summary>
    public virtual bool IsHotPluggable => true;

    /// <summary>A virtio device.</summary>
    public virtual bool IsVirtio => true;

    /// <summary>All properties, by name; the driver, the id and the bus are not among them.</summary>
    public ImmutableArray<PropertySpec> Properties => properties.IsDefault
        ? properties = [.. Own.Concat(Common).Concat(IsVirtio ? Virtio : []).OrderBy(static property => property.Name, System.StringComparer.Ordinal)]
        : properties;

    private protected abstract ImmutableArray<PropertySpec> Own { get; }

    /// <summary>Makes a device's configuration of its properties.</summary>
    /// <param name="bag">Properties; <c>driver</c>, <c>id</c> and <c>bus</c> may be among them.</param>
    /// <param name="references">What they may name.</param>
    /// <exception cref="OptionException">A property is unknown, missing or has a value it can't have.</exception>
    public DeviceConfig Read(OptionBag bag, IDeviceReferences references)
    {
        OptionReader options = new(bag, Name);
        options.RequireKnown(Properties.Select(static property => property.Name).Concat(Placing));
        options.RequireSwitch("multifunction", false);
        if (options.Text("romfile") is { Length: > 0 } rom)
        {
            throw OptionException.NotBuilt($"romfile={rom}", "supported: none");
        }

        options.Number("rombar", 0, uint.MaxValue);
        if (IsVirtio)
        {
            CheckTransport(options);
        }

        DeviceConfig config = Create(new DeviceReader(options, references, IdOf(bag), options.Text("bus"), PciAddress.ReadSlot(options)));
        return IsVirtio ? config with { Rings = ReadRings(options) } : config;
    }

    private protected abstract DeviceConfig Create(DeviceReader reader);

    // A device is a modern one; what says so is accepted.
    private static void CheckTransport(OptionReader options)
    {
        if (options.Bag.TryGet("disable-legacy", out OptionValue legacy) && legacy.AsText() != "auto")
        {
            options.RequireSwitch("disable-legacy", true);
        }

        options.RequireSwitch("disable-modern", false);
        options.RequireSwitch("iommu_platform", false);
        options.RequireSwitch("ats", false);
        options.Boolean("ioeventfd");
        options.Number("vectors", -1, uint.MaxValue);
    }

    private static RingConfig ReadRings(OptionReader options) => new()
    {
        Packed = options.Boolean("packed") ?? RingConfig.Default.Packed,
        IndirectDescriptors = options.Boolean("indirect_desc") ?? RingConfig.Default.IndirectDescriptors,
        EventIndex = options.Boolean("event_idx") ?? RingConfig.Default.EventIndex,
        QueueReset = options.Boolean("queue_reset") ?? RingConfig.Default.QueueReset,
    };

    // An id that is no string counts as not given, as in QEMU.
    private static string? IdOf(OptionBag bag) => bag.TryGet("id", out OptionValue id) ? id.AsText() : null;
}
