using System;
using System.IO;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests.Raw;

public sealed class BlockDeviceTests : IDisposable
{
    private const int Size = 4 << 20;
    private readonly ScratchDirectory scratch = new();

    [Theory]
    [InlineData(512, true, BlockAio.Auto)]
    [InlineData(4096, true, BlockAio.Auto)]
    [InlineData(4096, false, BlockAio.Threads)]
    public void LoopDevice_ReadsWritesDiscardsGrows(int sectorSize, bool direct, BlockAio aio)
    {
        string file = scratch.RandomFile("disk", Size, 1);
        byte[] before = File.ReadAllBytes(file);
        using LoopDevice? device = LoopDevice.TryAttach(file, sectorSize);
        Assert.SkipWhen(device is null, "this host has no loop devices for us");
        using IBlockImage image = BlockImages.Open(
            new() { Path = device.Path, Format = BlockImageFormat.Raw, Direct = direct, Aio = aio, Discard = true });
        using QueueDriver driver = new(image);
        Assert.Equal((ulong)Size, image.Capacity);
        Assert.Equal(direct ? sectorSize : 512, image.LogicalBlockSize);
        Assert.Equal(sectorSize, image.PhysicalBlockSize);
        Assert.Equal(before[..65536], driver.Read(0, 65536, pieces: 3, skew: 8));
        Assert.Equal(0, driver.Write(8192, before.AsSpan(0, 8192), pieces: 2, skew: 24));
        Assert.Equal(before[..8192], driver.Read(8192, 8192));
        Assert.Equal(0, driver.Run(BlockRequest.Discard(1 << 20, 65536, 1)));
        Assert.Equal(0, driver.Run(BlockRequest.WriteZeroes(2 << 20, 65536, false, 1)));
        Assert.Equal(0, driver.Flush());
        Assert.Equal(new byte[65536], driver.Read(1 << 20, 65536));
        Assert.Equal(new byte[65536], driver.Read(2 << 20, 65536));
        Assert.Contains("less than", Assert.Throws<BlockImageException>(() => image.Resize(2 * Size)).Message);
        using (FileStream backing = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            backing.SetLength(2 * Size);
        }

        device.Refresh();
        image.Resize(2 * Size);
        Assert.Equal(new byte[4096], driver.Read((2 * Size) - 4096, 4096));
    }

    [Fact]
    public void Qcow2_OnABlockDevice_UsesFreeClustersUntilItIsFull()
    {
        string file = scratch.RandomFile("disk", Size, 2);
        using LoopDevice? device = LoopDevice.TryAttach(file, 512);
        Assert.SkipWhen(device is null, "this host has no loop devices for us");
        QemuImg.Run("create", "-q", "-f", "qcow2", device.Path, "8M");
        using (IBlockImage image = BlockImages.Open(new() { Path = device.Path, Format = BlockImageFormat.Qcow2, Discard = true }))
        using (QueueDriver driver = new(image))
        {
            byte[] data = new byte[65536];
            data.AsSpan().Fill(9);
            int error = 0;
            ulong written = 0;
            while (error == 0 && written < 8 << 20)
            {
                error = driver.Write(written, data);
                written += error == 0 ? 65536UL : 0;
            }

            Assert.Equal(28, error);
            Assert.InRange(written, 3UL << 20, 4UL << 20);
            Assert.Equal(0, driver.Flush());
            Assert.Equal(0, driver.Run(BlockRequest.Discard(0, 1 << 20, 1)));
            Assert.Equal(0, driver.Flush());
            Assert.Equal(0, driver.Write(written, data.AsSpan(0, 512)));
            Assert.Equal(new byte[65024], driver.Read(written + 512, 65024));
            Assert.Equal(data, driver.Read(written - 65536, 65536));
        }

        QemuImg.CheckClean(device.Path);
    }

    public void Dispose() => scratch.Dispose();
}
