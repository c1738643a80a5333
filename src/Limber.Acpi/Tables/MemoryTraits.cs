using System;

namespace Limber.Acpi;

/// <summary>Flags of a memory range in the SRAT (ACPI 6.5, table 5.54) besides that it is enabled.</summary>
[Flags]
public enum MemoryTraits : uint
{
    None = 0,
    HotPluggable = 1 << 1,
    NonVolatile = 1 << 2,
}
