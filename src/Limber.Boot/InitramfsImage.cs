using System;

namespace Limber.Boot;

/// <summary>
/// An initial RAM file system on the host, kept as an open file and read into guest memory at each load.
/// Its content is opaque: the guest kernel unpacks it.
/// </summary>
public sealed class InitramfsImage : IDisposable
{
    private InitramfsImage(ImageFile file) => File = file;

    /// <summary>The path it was opened by.</summary>
    public string Path => File.Path;

    /// <summary>Size in bytes; not 0.</summary>
    public ulong Length => File.Length;

    internal ImageFile File { get; }

    /// <summary>Opens an initramfs.</summary>
    /// <exception cref="BootException">There is no readable, regular, non-empty file at the path.</exception>
    public static InitramfsImage Open(string path) => new(ImageFile.Open(path, "initramfs"));

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();
}
