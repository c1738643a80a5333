namespace Limber.Pci;

/// <summary>What a function says it is (PCI 3.0, 6.2.1 and 6.2.4).</summary>
/// <param name="VendorId">Who made it.</param>
/// <param name="DeviceId">What it is to its vendor.</param>
/// <param name="Class">24 bits: base class, sub-class, programming interface.</param>
/// <param name="Revision">Revision of the device.</param>
/// <param name="SubsystemVendorId">Who made the card; bridges have none.</param>
/// <param name="SubsystemId">What the card is to its vendor.</param>
public readonly record struct PciIdentity(
    ushort VendorId, ushort DeviceId, uint Class, byte Revision, ushort SubsystemVendorId, ushort SubsystemId);
