namespace Limber.Bench;

/// <summary>The guest: one kernel in both its forms, and an initramfs of one program.</summary>
internal sealed record BenchFiles(string BzImage, string Vmlinux, string Initramfs);
