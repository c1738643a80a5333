using System.Collections.Generic;
using System.IO;
using Limber.Block.Files;
using Limber.Block.Raw;
using Limber.Interop;

namespace Limber.Block.Qcow2;

/// <summary>Opens a qcow2 image with the chain of images behind it.</summary>
internal sealed class Qcow2Opener(BlockImageOptions options, List<string> warnings)
{
    private const int MaxDepth = 32;
    private readonly List<FileStatus> chain = [];

    /// <summary>Opens the image whose file is open and locked.</summary>
    /// <exception cref="BlockImageException">The image, or one behind it, can't be opened.</exception>
    public IBlockImage Open(HostFile file)
    {
        Remember(file);
        Qcow2Header header = Qcow2HeaderReader.Read(file, options.ReadOnly);
        Qcow2Store store = OpenStore(file, header, options.ReadOnly, trusted: true);
        return new Qcow2Image(file, header, store, options, warnings);
    }

    /// <param name="trusted">False if the image's format was guessed, so that a guest may have made it one.</param>
    private Qcow2Store OpenStore(HostFile file, Qcow2Header header, bool readOnly, bool trusted)
    {
        if (file.OffsetAlignment > header.ClusterSize)
        {
            throw new BlockImageException(
                $"Image '{file.Path}' has clusters of {header.ClusterSize} bytes, less than the {file.OffsetAlignment} that direct I/O needs");
        }

        IBlockStore? backing = header.BackingFile is { } name ? OpenBacking(file, header, name, trusted) : null;
        try
        {
            return new Qcow2Store(file, header, backing, readOnly, options.Discard && !readOnly);
        }
        catch
        {
            backing?.Dispose();
            throw;
        }
    }

    private IBlockStore OpenBacking(HostFile overlay, Qcow2Header header, string name, bool trusted)
    {
        if (!options.BackingFiles)
        {
            throw new BlockImageException($"Image '{overlay.Path}' has the backing file '{name}', but backing files are not enabled for it");
        }

        if (!trusted)
        {
            throw new BlockImageException(
                $"Image '{overlay.Path}' was guessed to be qcow2 and refers to '{name}': name its format in the image that it backs "
                + $"('qemu-img rebase -u -F qcow2')");
        }

        string path = BackingPath(overlay.Path, name);
        HostFile file = HostFile.Open(path, readOnly: true, options.UseDirect, ignoreSync: true);
        try
        {
            BlockImageFormat format = header.BackingFormat switch
            {
                "raw" or "file" or "host_device" => BlockImageFormat.Raw,
                "qcow2" => BlockImageFormat.Qcow2,
                null => BlockImages.Probe(file),
                { } other => throw new BlockImageException(
                    $"Image '{overlay.Path}' has a backing file of format '{other}'; raw and qcow2 are supported"),
            };
            Remember(file);
            if (options.Locking)
            {
                FileLock.Acquire(file, FilePermissions.ConsistentRead, FilePermissions.Write | FilePermissions.Resize);
            }

            if (header.BackingFormat is null)
            {
                warnings.Add($"Image '{overlay.Path}' does not say the format of its backing file; guessed {format.ToString().ToLowerInvariant()}.");
            }

            return format == BlockImageFormat.Raw
                ? new RawStore(file, discard: false, guard: false)
                : OpenStore(file, Qcow2HeaderReader.Read(file, readOnly: true), readOnly: true, header.BackingFormat is not null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string BackingPath(string overlay, string name)
    {
        const string FilePrefix = "file:";
        string path = name.StartsWith(FilePrefix, System.StringComparison.Ordinal) ? name[FilePrefix.Length..] : name;
        int colon = path.IndexOf(':');
        int slash = path.IndexOf('/');
        if (colon >= 0 && (slash < 0 || colon < slash))
        {
            throw new BlockImageException($"Image '{overlay}' has the backing file '{name}'; only plain file names are supported");
        }

        return Path.Combine(Path.GetDirectoryName(overlay) ?? "", path);
    }

    private void Remember(HostFile file)
    {
        if (FileStatus.Of(file.Descriptor) is not { } status)
        {
            return;
        }

        if (chain.Contains(status))
        {
            throw new BlockImageException($"Image '{file.Path}' is its own backing file, by way of {chain.Count} images");
        }

        chain.Add(status);
        if (chain.Count > MaxDepth)
        {
            throw new BlockImageException($"'{file.Path}' is image {chain.Count} of a chain; at most {MaxDepth} are possible");
        }
    }
}
