using System.Collections.Immutable;

namespace Limber.Config.Devices;

/// <summary>A virtio console or serial device with its ports.</summary>
public sealed record ConsoleDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-serial-pci";

    /// <summary>The ports, in the order of their numbers; port 0 is the first console.</summary>
    public ImmutableArray<ConsolePortConfig> Ports { get; init; } = [];
}
