namespace Limber.Pci;

/// <summary>One vector of an MSI-X table.</summary>
internal struct MsixEntry
{
    public uint AddressLow;
    public uint AddressHigh;
    public uint Data;
    public uint Control;

    // What the host's vector was told last.
    public bool Delivers;
}
