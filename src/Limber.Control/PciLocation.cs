using System;
using System.Globalization;

namespace Limber.Control;

/// <summary>Where a PCI function is; written <c>0000:00:05.0</c>.</summary>
public readonly record struct PciLocation(byte Bus, byte Device, byte Function)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0000:{Bus:x2}:{Device:x2}.{Function:x1}");
}
