namespace Limber.Vfio;

/// <summary>
/// Which capabilities the guest sees (ids: PCI Code and ID Assignment Specification 1.15, sections 2 and 3). What isn't listed
/// is hidden: it manages the host's platform (AER, ACS, SR-IOV, ATS, PASID, link power, resizable BARs), or nobody has looked
/// at what passing it means.
/// </summary>
internal static class VfioCapabilityIds
{
    public const byte PowerManagement = 0x01;
    public const byte VitalProductData = 0x03;
    public const byte Msi = 0x05;
    public const byte PciX = 0x07;
    public const byte VendorSpecific = 0x09;
    public const byte DebugPort = 0x0A;
    public const byte Express = 0x10;
    public const byte Msix = 0x11;
    public const byte Sata = 0x12;
    public const byte AdvancedFeatures = 0x13;

    public const ushort SerialNumber = 0x0003;
    public const ushort VendorSpecificExtended = 0x000B;
    public const ushort DesignatedVendorSpecific = 0x0023;

    /// <summary>Vendor of designated vendor-specific capabilities that belong to CXL, which isn't passed through.</summary>
    public const ushort CxlVendor = 0x1E98;

    public static bool IsShown(byte id) => id is PowerManagement or VitalProductData or Msi or PciX or VendorSpecific or DebugPort
        or Express or Msix or Sata or AdvancedFeatures;

    public static bool IsShownExtended(ushort id) => id is SerialNumber or VendorSpecificExtended or DesignatedVendorSpecific;
}
