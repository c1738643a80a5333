using System;
using System.Collections.Generic;

namespace Limber.Bench;

/// <summary>A machine with one boot processor.</summary>
/// <param name="MaxCpus">Possible processors.</param>
/// <param name="Kernel">Path of the kernel.</param>
/// <param name="Initramfs">Path of the initramfs.</param>
internal sealed record MachineShape(int MaxCpus, string Kernel, string Initramfs)
{
    public string Machine { get; init; } = "q35";

    /// <summary>Whether DIMMs can be plugged in.</summary>
    public bool Grows { get; init; }

    /// <summary>Devices beyond those that every machine has; null for none.</summary>
    public Func<Vmm, IReadOnlyList<string>>? Devices { get; init; }

    // A guest kernel keeps some hundred kilobytes for each processor that may come, and 16 MiB for each GiB of a DIMM.
    public int MemoryMiB => MaxCpus > 300 || Grows ? 1024 : 512;
}
