namespace Limber.Pci;

/// <summary>What makes one root port differ from another.</summary>
public sealed record PcieRootPortOptions
{
    /// <summary>Who it is in logs and error texts.</summary>
    public string Name { get; init; } = "PCIe root port";

    /// <summary>Port number of the link capabilities.</summary>
    public byte PortNumber { get; init; }

    /// <summary>Physical slot number, 0..8191; guests name the slot by it.</summary>
    public int SlotNumber { get; init; }

    /// <summary>
    /// The guest switches the slot's power. Linux then waits a second after each removal, and forgets a plug that falls into
    /// that second, so it is off by default: the power indicator says as well that a device may be taken away.
    /// </summary>
    public bool HasPowerController { get; init; }
}
