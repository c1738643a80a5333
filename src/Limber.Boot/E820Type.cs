namespace Limber.Boot;

/// <summary>What the guest may do with a range of addresses.</summary>
// Spec: ACPI 6.5, 15.1 (address range types); PVH uses the same numbers.
public enum E820Type : uint
{
    /// <summary>Ordinary memory.</summary>
    Ram = 1,

    /// <summary>Not to be used.</summary>
    Reserved = 2,

    /// <summary>ACPI tables; ordinary memory once they were read.</summary>
    Acpi = 3,

    /// <summary>ACPI memory that must be kept.</summary>
    Nvs = 4,
}
