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

    /// <summary>Global system interrupt of the generic event device; there is no SCI on a hardware-reduced platform.</summary>
    public const uint EventInterrupt = 9;
}
