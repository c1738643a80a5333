using System;

namespace Limber.Acpi;

/// <summary>Tables ready to be copied into guest memory.</summary>
/// <param name="BaseAddress">Guest physical address that they were made for.</param>
/// <param name="RsdpAddress">Guest physical address of the RSDP, which a boot loader hands to the guest.</param>
/// <param name="Bytes">The tables, gaps zero.</param>
public sealed record AcpiTableSet(ulong BaseAddress, ulong RsdpAddress, ReadOnlyMemory<byte> Bytes);
