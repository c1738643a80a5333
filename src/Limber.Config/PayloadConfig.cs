namespace Limber.Config;

/// <summary>What the guest boots. All paths are checked when the machine is created.</summary>
/// <param name="Kernel">Path of a bzImage or an ELF <c>vmlinux</c> with a PVH note; null boots the built-in notice.</param>
/// <param name="Initramfs">Path of an initial RAM file system image, or null.</param>
/// <param name="CommandLine">Kernel command line; empty when none was given.</param>
public sealed record PayloadConfig(string? Kernel = null, string? Initramfs = null, string CommandLine = "");
