using System.Collections.Immutable;
using Limber.Memory;

namespace Limber.Boot;

/// <summary>Everything that is put into guest memory to start a kernel.</summary>
public sealed record LoadRequest
{
    /// <summary>The kernel; stays the caller's and must be open during the load.</summary>
    public required KernelImage Kernel { get; init; }

    /// <summary>The initramfs, or null.</summary>
    public InitramfsImage? Initramfs { get; init; }

    /// <summary>The kernel command line, passed as UTF-8.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>The map handed to the guest; images are placed only in its RAM entries.</summary>
    public required E820Map MemoryMap { get; init; }

    /// <summary>Where the ACPI root pointer is, or 0 for none.</summary>
    public GuestAddress RsdpAddress { get; init; }

    /// <summary>
    /// Ranges where nothing may be placed although the map calls them RAM. They must keep clear of
    /// <see cref="BootLoader.BootArea"/>.
    /// </summary>
    public ImmutableArray<GuestRange> KeepOut { get; init; } = [];
}
