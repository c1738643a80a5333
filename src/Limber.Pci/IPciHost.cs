using Limber.Device;

namespace Limber.Pci;

/// <summary>What a PCI function needs of the machine it sits in.</summary>
/// <remarks>Thread: any.</remarks>
public interface IPciHost
{
    /// <summary>Memory-mapped registers; memory BARs are inserted here.</summary>
    IoBus Memory { get; }

    /// <summary>I/O ports; I/O BARs are inserted here.</summary>
    IoBus Ports { get; }

    /// <summary>Message-signalled interrupts.</summary>
    IMsiController Msi { get; }

    /// <summary>Writes that become events.</summary>
    IDoorbellController Doorbells { get; }

    /// <summary>Host memory shown in BARs.</summary>
    IGuestMappings Mappings { get; }

    /// <summary>Counts what the guest did wrong.</summary>
    IDeviceLog Log { get; }

    /// <summary>
    /// A wire of its own to the interrupt that the root bus' routing table names. Wires to one interrupt are or-ed: it stays
    /// asserted until the last of them is not.
    /// </summary>
    /// <param name="device">Device number on the root bus, 0..31.</param>
    /// <param name="pin">1 (INTA) to 4 (INTD).</param>
    IInterruptLine GetInterruptLine(int device, int pin);
}
