using System;
using System.Collections.Immutable;
using System.Linq;
using Limber.Device;

namespace Limber.Pci;

/// <summary>The machine as PCI sees it; or-s the functions' interrupt pins onto four wires.</summary>
public sealed class PciHost : IPciHost
{
    /// <summary>Wires that the pins of all slots share.</summary>
    public const int InterruptCount = 4;

    private readonly ImmutableArray<SharedInterrupt> interrupts;

    /// <param name="memory">Memory-mapped registers.</param>
    /// <param name="ports">I/O ports.</param>
    /// <param name="msi">Message-signalled interrupts.</param>
    /// <param name="doorbells">Writes that become events.</param>
    /// <param name="mappings">Host memory shown in BARs.</param>
    /// <param name="interrupts">Four level-triggered wires, in the order in which <see cref="PciHostBridge"/>'s routing table lists their interrupts.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public PciHost(
        IoBus memory,
        IoBus ports,
        IMsiController msi,
        IDoorbellController doorbells,
        IGuestMappings mappings,
        ImmutableArray<IInterruptLine> interrupts,
        IDeviceLog log)
    {
        if (interrupts.Length != InterruptCount)
        {
            throw new ArgumentException($"{interrupts.Length} interrupt lines, not {InterruptCount}", nameof(interrupts));
        }

        Memory = memory;
        Ports = ports;
        Msi = msi;
        Doorbells = doorbells;
        Mappings = mappings;
        Log = log;
        this.interrupts = [.. interrupts.Select(line => new SharedInterrupt(line))];
    }

    /// <inheritdoc/>
    public IoBus Memory { get; }

    /// <inheritdoc/>
    public IoBus Ports { get; }

    /// <inheritdoc/>
    public IMsiController Msi { get; }

    /// <inheritdoc/>
    public IDoorbellController Doorbells { get; }

    /// <inheritdoc/>
    public IGuestMappings Mappings { get; }

    /// <inheritdoc/>
    public IDeviceLog Log { get; }

    /// <summary>Which of the four wires a pin of a slot of the root bus is connected to: neighbours' pins differ.</summary>
    public static int GetInterruptIndex(int device, int pin) => (device + pin - 1) % InterruptCount;

    /// <inheritdoc/>
    public IInterruptLine GetInterruptLine(int device, int pin) => interrupts[GetInterruptIndex(device, pin)].CreateInput();
}
