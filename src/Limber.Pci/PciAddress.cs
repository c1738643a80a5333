namespace Limber.Pci;

/// <summary>Where a function is in the one PCI segment of a machine: bus 0..255, device 0..31, function 0..7.</summary>
/// <remarks>The guest numbers the buses behind bridges, so an address is true at one moment.</remarks>
public readonly record struct PciAddress(byte Bus, byte Device, byte Function)
{
    /// <summary>As tools write it: <c>0000:00:1f.2</c>.</summary>
    public override string ToString() => $"0000:{Bus:x2}:{Device:x2}.{Function:x}";
}
