using System.Collections.Immutable;
using Limber.Config.Backends;
using Limber.Config.Devices;

namespace Limber.DeviceOptions.Drivers;

/// <summary><c>virtio-mem-pci</c>.</summary>
internal sealed class VirtioMemDriver : DeviceDriver
{
    public override string Name => "virtio-mem-pci";

    public override string Category => "Misc";

    private protected override ImmutableArray<PropertySpec> Own { get; } =
    [
        new("memdev", "link<memory-backend>"),
        PropertySpec.Number("node", "uint32", 0),
        PropertySpec.Number("memaddr", "uint64", 0),
        PropertySpec.Number("requested-size", "size", 0),
        PropertySpec.Number("block-size", "size", 0),
        new("unplugged-inaccessible", "OnOffAuto", OptionValue.FromString("on")),
        PropertySpec.Switch("prealloc", false),
        PropertySpec.Switch("dynamic-memslots", false),
    ];

    private protected override DeviceConfig Create(DeviceReader reader)
    {
        OptionReader options = reader.Options;
        RequireBuilt(options);
        ulong? given = BlockSize(options);
        ulong blockSize = given ?? VirtioMemDeviceConfig.DefaultBlockSize;
        ulong requested = options.Size("requested-size") ?? 0;
        MemoryBackendConfig memory = MemoryReference.Read(options, reader.References, "'memdev' property is not set");
        if (requested % blockSize != 0)
        {
            throw new OptionException($"'requested-size' property has to be multiples of 'block-size' (0x{blockSize:x})");
        }

        ulong address = options.Size("memaddr") ?? 0;
        return new VirtioMemDeviceConfig
        {
            Id = reader.Id,
            Bus = reader.Bus,
            Slot = reader.Slot,
            Backend = memory.Name,
            Node = MemoryReference.ReadNode(options),
            BlockSize = given,
            RequestedSize = requested,
            Address = address == 0 ? null : address,
        };
    }

    // Memory that is not plugged is never reachable: a guest that relies on reading it is not served.
    private static void RequireBuilt(OptionReader options)
    {
        if (options.Word("unplugged-inaccessible", "auto", "on", "off") == "off")
        {
            throw OptionException.NotBuilt("unplugged-inaccessible=off", "supported: on");
        }

        options.RequireSwitch("prealloc", false);
        options.Boolean("dynamic-memslots");
    }

    private static ulong? BlockSize(OptionReader options)
    {
        const ulong Least = VirtioMemDeviceConfig.DefaultBlockSize;
        return options.Size("block-size") switch
        {
            null or 0 => null,
            < Least => throw new OptionException($"'block-size' property has to be at least 0x{Least:x}"),
            ulong size when !ulong.IsPow2(size) => throw new OptionException("'block-size' property has to be a power of two"),
            ulong size => size,
        };
    }
}
