using System.Collections.Generic;
using Limber.Block.Files;
using Limber.Block.Qcow2;
using Limber.Block.Raw;

namespace Limber.Block;

/// <summary>Opens disk images.</summary>
public static class BlockImages
{
    private const int MagicLength = 4;

    /// <summary>Opens an image, and locks it against other writers unless the options say otherwise.</summary>
    /// <remarks>Thread: any.</remarks>
    /// <exception cref="BlockImageException">
    /// The file can't be opened or locked, is malformed, or uses what is not supported; the text names it.
    /// </exception>
    public static IBlockImage Open(BlockImageOptions options)
    {
        if (options.Aio == BlockAio.Native)
        {
            throw new BlockImageException(
                $"aio=native is not supported for '{options.Path}': use aio=io_uring, which does the same work, or aio=threads");
        }

        HostFile file = HostFile.Open(options.Path, options.ReadOnly, options.UseDirect, options.IgnoreFlush);
        try
        {
            List<string> warnings = [];
            bool guessed = options.Format == BlockImageFormat.Probe;
            BlockImageFormat format = guessed ? Probe(file) : options.Format;
            if (options.Locking)
            {
                Lock(file, format, options);
            }

            if (format == BlockImageFormat.Raw && guessed)
            {
                warnings.Add(
                    $"Image format was not specified for '{options.Path}' and probing guessed raw: the guest can't write another "
                    + "format's signature into its first sector. Specify format=raw to remove the restriction.");
            }

            return format == BlockImageFormat.Raw
                ? new RawImage(file, options, guessed && !options.ReadOnly, warnings)
                : new Qcow2Opener(options, warnings).Open(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Guesses a format by the first bytes.</summary>
    internal static unsafe BlockImageFormat Probe(IImageFile file)
    {
        byte* magic = stackalloc byte[MagicLength];
        return file.Read(0, magic, MagicLength) == 0
            && magic[0] == 'Q' && magic[1] == 'F' && magic[2] == 'I' && magic[3] == 0xfb
            ? BlockImageFormat.Qcow2
            : BlockImageFormat.Raw;
    }

    private static void Lock(HostFile file, BlockImageFormat format, BlockImageOptions options)
    {
        // A format's metadata must not change, nor its file's size, whoever else may write to the disk it presents.
        bool own = format == BlockImageFormat.Qcow2;
        FilePermissions held = FilePermissions.ConsistentRead
            | (options.ReadOnly ? FilePermissions.None : FilePermissions.Write)
            | (own && !options.ReadOnly ? FilePermissions.Resize : FilePermissions.None);
        FilePermissions refused = (own || !options.ShareWrite ? FilePermissions.Write : FilePermissions.None)
            | (own ? FilePermissions.Resize : FilePermissions.None);
        FileLock.Acquire(file, held, refused);
    }
}
