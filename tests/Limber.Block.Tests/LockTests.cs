using System;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests;

public sealed class LockTests : IDisposable
{
    private readonly ScratchDirectory scratch = new();

    [Theory]
    [InlineData(BlockImageFormat.Raw)]
    [InlineData(BlockImageFormat.Qcow2)]
    public void SecondWriter_IsRefusedWithQemusText(BlockImageFormat format)
    {
        string path = Create(format);
        using IBlockImage first = Open(path, format);
        BlockImageException refused = Assert.Throws<BlockImageException>(() => Open(path, format));
        Assert.Equal($"Failed to get \"write\" lock: is another process using the image [{path}]?", refused.Message);
        Open(path, format, locking: false).Dispose();
    }

    [Fact]
    public void ReaderBesideWriter_IsRefused_ReadersShare()
    {
        string path = Create(BlockImageFormat.Raw);
        using (IBlockImage writer = Open(path, BlockImageFormat.Raw))
        {
            BlockImageException refused = Assert.Throws<BlockImageException>(() => Open(path, BlockImageFormat.Raw, readOnly: true));
            Assert.Contains("Failed to get shared \"write\" lock", refused.Message);
        }

        using IBlockImage one = Open(path, BlockImageFormat.Raw, readOnly: true);
        using IBlockImage two = Open(path, BlockImageFormat.Raw, readOnly: true);
        Assert.Contains("\"write\" lock", Assert.Throws<BlockImageException>(() => Open(path, BlockImageFormat.Raw)).Message);
    }

    [Fact]
    public void ShareWrite_OnBothSides_LetsTwoWritersIn()
    {
        string path = Create(BlockImageFormat.Raw);
        using IBlockImage one = Open(path, BlockImageFormat.Raw, share: true);
        using IBlockImage two = Open(path, BlockImageFormat.Raw, share: true);
        Assert.Throws<BlockImageException>(() => Open(path, BlockImageFormat.Raw));
    }

    [Theory]
    [InlineData(BlockImageFormat.Raw)]
    [InlineData(BlockImageFormat.Qcow2)]
    public void Qemu_SeesOurLock(BlockImageFormat format)
    {
        string path = Create(format);
        string name = format == BlockImageFormat.Raw ? "raw" : "qcow2";
        using (IBlockImage image = Open(path, format))
        {
            (int code, string output) = QemuImg.TryRun("resize", "-f", name, path, "+1M");
            Assert.Equal(1, code);
            Assert.Contains("Failed to get \"write\" lock", output);
            if (format == BlockImageFormat.Qcow2)
            {
                // A reader of a format can't have its metadata change.
                (code, output) = QemuImg.TryRun("info", path);
                Assert.Equal(1, code);
                Assert.Contains("Failed to get shared \"write\" lock", output);
            }
        }

        QemuImg.Run("resize", "-f", name, path, "+1M");
    }

    [Fact]
    public void BackingFile_CannotBeWrittenBesideItsOverlay()
    {
        string backing = Create(BlockImageFormat.Raw);
        string path = scratch.File("overlay");
        QemuImg.Run("create", "-q", "-f", "qcow2", "-b", backing, "-F", "raw", path);
        using (IBlockImage overlay = Open(path, BlockImageFormat.Qcow2))
        {
            Assert.Throws<BlockImageException>(() => Open(backing, BlockImageFormat.Raw));
        }

        Open(backing, BlockImageFormat.Raw).Dispose();
    }

    public void Dispose() => scratch.Dispose();

    private static IBlockImage Open(
        string path, BlockImageFormat format, bool readOnly = false, bool share = false, bool locking = true) =>
        BlockImages.Open(new() { Path = path, Format = format, ReadOnly = readOnly, ShareWrite = share, Locking = locking });

    private string Create(BlockImageFormat format)
    {
        string path = scratch.File("disk");
        QemuImg.Run("create", "-q", "-f", format == BlockImageFormat.Raw ? "raw" : "qcow2", path, "1M");
        return path;
    }
}
