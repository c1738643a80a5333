namespace Limber.Pci;

/// <summary>What a base address register decodes (PCI 3.0, 6.2.5.1).</summary>
public enum PciBarKind
{
    /// <summary>I/O ports.</summary>
    Io,

    /// <summary>Memory below 4 GiB.</summary>
    Memory32,

    /// <summary>Memory anywhere, not prefetchable. Behind a bridge it can only be below 4 GiB, in the bridge's small window.</summary>
    Memory64,

    /// <summary>
    /// Memory anywhere, prefetchable: the kind for everything that has a choice, because a bridge has a large window for it.
    /// </summary>
    Prefetchable64,
}
