namespace Limber.Pci;

/// <summary>What all functions below one host bridge share.</summary>
internal sealed class PciDomain(IPciHost host, PciWindows windows)
{
    public IPciHost Host { get; } = host;

    public PciWindows Windows { get; } = windows;

    public PciDecoder Decoder { get; } = new(host, windows);
}
