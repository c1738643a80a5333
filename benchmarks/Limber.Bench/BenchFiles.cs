namespace Limber.Bench;

/// <summary>The guest: one kernel in both its forms, and an initramfs of one program.</summary>
internal sealed record BenchFiles(string BzImage, string Vmlinux, string Initramfs)
{
    /// <summary>The initramfs of guests whose disks and network cards are measured.</summary>
    public required string IoInitramfs { get; init; }

    /// <summary>Where disk images are made; a file system that has direct I/O.</summary>
    public required string Scratch { get; init; }
}
