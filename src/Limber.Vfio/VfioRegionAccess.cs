using System;

namespace Limber.Vfio;

/// <summary>What can be done with a region; the values are the kernel's flags.</summary>
[Flags]
public enum VfioRegionAccess
{
    None = 0,
    Read = 1,
    Write = 2,
}
