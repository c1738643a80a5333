using Limber.Memory;

namespace Limber.Machine;

/// <summary>
/// Where things are that are not RAM (docs/design.md draws the whole map), and which interrupt belongs to whom.
/// </summary>
internal static class PlatformMap
{
    /// <summary>Four pages that Intel hosts need for real mode: the identity map and the task state segment.</summary>
    public static readonly GuestRange RealModePages = new(new GuestAddress(0xFEFF_C000), 0x4000);

    public const uint IoApicAddress = 0xFEC0_0000;
    public const uint LocalApicAddress = 0xFEE0_0000;

    /// <summary>PCI's configuration space, 256 MiB.</summary>
    public const ulong PciConfigurationAddress = 0xE000_0000;

    /// <summary>Memory below 4 GiB for PCI, on both sides of the configuration space.</summary>
    public static readonly GuestRange PciMemory32 = new(new GuestAddress(0xC000_0000), 0x2000_0000);

    /// <inheritdoc cref="PciMemory32"/>
    public static readonly GuestRange PciMemory32High = new(new GuestAddress(0xF000_0000), 0x0EC0_0000);

    /// <summary>Ports for PCI, above those of the platform.</summary>
    public const ulong PciPorts = 0x1000;

    /// <summary>Number of ports for PCI.</summary>
    public const ulong PciPortsLength = 0xF000;

    /// <summary>First of the four global system interrupts of PCI's interrupt pins.</summary>
    public const uint PciInterrupt = 16;

    /// <summary>Memory above 4 GiB for PCI: behind all RAM, to the end of the physical addresses or this much.</summary>
    public const ulong PciMemory64Limit = 1UL << 44;

    /// <summary>Global system interrupt of the generic event device; there is no SCI on a hardware-reduced platform.</summary>
    public const uint EventInterrupt = 9;
}
