using System.Collections.Immutable;

namespace Limber.Config.Devices;

/// <summary>A virtio console or serial device with its ports.</summary>
public sealed record ConsoleDeviceConfig : DeviceConfig
{
    /// <inheritdoc/>
    public override string Driver => "virtio-serial-pci";

    /// <summary>Most ports of any device (QEMU's limit).</summary>
    public const int PortLimit = 31;

    /// <summary>How many ports there can be, 1..<see cref="PortLimit"/>; more cost the guest queues and interrupts.</summary>
    public int MaximumPorts { get; init; } = PortLimit;

    /// <summary>The device is its one console and can't have other ports.</summary>
    public bool IsSingleConsole { get; init; }

    /// <summary>A device with one port, at which the machine itself is the host side of the guest's agent.</summary>
    /// <param name="id">Null for the id that no user can give.</param>
    public static ConsoleDeviceConfig ForGuestAgent(string? id = null) => new()
    {
        Id = id ?? "__guest_agent",
        MaximumPorts = 2,
        Ports = [new ConsolePortConfig { Number = 1, Name = ConsolePortConfig.GuestAgentName }],
    };

    /// <summary>A device that is one console.</summary>
    /// <param name="backend">Its host side.</param>
    /// <param name="id">Null for the id that no user can give.</param>
    public static ConsoleDeviceConfig ForConsole(ChardevConfig backend, string? id = null) => new()
    {
        Id = id ?? "__console",
        IsSingleConsole = true,
        MaximumPorts = 1,
        Ports = [new ConsolePortConfig { Number = 0, IsConsole = true, Backend = backend }],
    };

    /// <summary>The ports, in the order of their numbers; port 0 is the first console.</summary>
    public ImmutableArray<ConsolePortConfig> Ports { get; init; } = [];
}
