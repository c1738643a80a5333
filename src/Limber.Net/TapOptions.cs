using System.Net;

namespace Limber.Net;

/// <summary>How a tap interface is opened.</summary>
public sealed record TapOptions
{
    /// <summary>Name of the interface, made if absent; a name with <c>%d</c> lets the kernel number it.</summary>
    public string Name { get; init; } = "vmtap%d";

    /// <summary>Queues, 1 to 32, each with a descriptor of its own.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>IPv4 address given to the interface, with <see cref="Netmask"/>; null to leave it.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The address's netmask.</summary>
    public IPAddress? Netmask { get; init; }

    /// <summary>Ethernet address given to the interface, or null to leave it.</summary>
    public MacAddress? HostMac { get; init; }

    /// <summary>MTU given to the interface, or null to leave it.</summary>
    public int? Mtu { get; init; }

    /// <summary>Bring the interface up.</summary>
    public bool BringUp { get; init; } = true;
}
