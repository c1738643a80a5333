using System;
using Limber.Config.Backends;

namespace Limber.DeviceOptions.Backends;

/// <summary>Values that <c>-drive</c> and <c>-blockdev</c> word alike.</summary>
internal static class BlockOptionWords
{
    private const string FileScheme = "file:";

    private static readonly string[] OtherSchemes =
        ["nbd", "nbd+unix", "rbd", "http", "https", "ftp", "ftps", "ssh", "iscsi", "nfs", "gluster", "json", "fat", "blkdebug", "null-co", "vpc", "nvme"];

    /// <summary>A file's name; QEMU reads a prefix with a colon as the name of a protocol.</summary>
    public static string Path(string file)
    {
        if (file.StartsWith(FileScheme, StringComparison.Ordinal))
        {
            file = file[FileScheme.Length..];
        }

        int colon = file.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && Array.IndexOf(OtherSchemes, file[..colon]) >= 0)
        {
            throw OptionException.NotBuilt($"file={file}", "supported: files and block devices of the host");
        }

        return file.Length > 0 ? file : throw new OptionException("The 'file' block driver requires a file name");
    }

    public static bool? Discard(OptionReader options) => options.Word("discard", "unmap", "on", "ignore", "off") switch
    {
        null => null,
        "unmap" or "on" => true,
        _ => false,
    };

    /// <summary><c>native</c> is served as well as the kernel can; the rule that it needs <c>cache.direct</c> is kept.</summary>
    public static BlockIoEngine Engine(OptionReader options, bool direct)
    {
        string? engine = options.Word("aio", "threads", "native", "io_uring");
        if (engine == "native" && !direct)
        {
            throw new OptionException("aio=native was specified, but it requires cache.direct=on, which was not specified.");
        }

        return engine switch
        {
            "threads" => BlockIoEngine.Threads,
            "io_uring" => BlockIoEngine.IoUring,
            _ => BlockIoEngine.Auto,
        };
    }
}
