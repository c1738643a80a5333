using System;

namespace Limber.Pci;

/// <summary>The machine's PCI windows have no room for what a function needs.</summary>
public sealed class PciResourceException : Exception
{
    /// <param name="message">What, how much, and where there is no room.</param>
    public PciResourceException(string message)
        : base(message)
    {
    }
}
