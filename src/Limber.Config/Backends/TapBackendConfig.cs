using System.Collections.Immutable;

namespace Limber.Config.Backends;

/// <summary>A tap interface of the host.</summary>
public sealed record TapBackendConfig : NetBackendConfig
{
    /// <summary>Interface name; created when it does not exist; null lets the kernel choose one. Unused with <see cref="Descriptors"/>.</summary>
    public string? Interface { get; init; }

    /// <summary>
    /// Open descriptors of a tap, one a queue pair; empty to open <see cref="Interface"/>. They are the machine's when the backend, or
    /// the card without one, is there; what it refuses it leaves alone.
    /// </summary>
    public ImmutableArray<int> Descriptors { get; init; } = [];

    /// <summary>Queue pairs, 1..32.</summary>
    public int QueuePairs { get; init; } = 1;

    /// <summary>Address set on the host's interface, or null.</summary>
    public string? IpAddress { get; init; }

    /// <summary>Its netmask, set together with the address.</summary>
    public string? Netmask { get; init; }

    /// <summary>MAC address set on the host's interface, or null.</summary>
    public string? HostMacAddress { get; init; }

    /// <summary>Let the host kernel move the packets (vhost-net): null where it can.</summary>
    public bool? Vhost { get; init; }

    /// <summary>Program run with the interface's name after it was opened, or null.</summary>
    public string? UpScript { get; init; }

    /// <summary>Program run with the interface's name before it is closed, or null.</summary>
    public string? DownScript { get; init; }
}
