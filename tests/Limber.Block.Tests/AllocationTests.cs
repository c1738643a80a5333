using System;
using Limber.Block.Tests.Support;

namespace Limber.Block.Tests;

/// <summary>Runs alone: what is counted is what the whole process allocates, as workers are threads of their own.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests : IDisposable
{
    private readonly ScratchDirectory scratch = new();

    [Theory]
    [InlineData(BlockAio.IoUring)]
    [InlineData(BlockAio.Threads)]
    public void Raw_SteadyState_AllocatesNothing(BlockAio aio)
    {
        string path = scratch.RandomFile("disk", 1 << 20, 13);
        using IBlockImage image = BlockImages.Open(new() { Path = path, Format = BlockImageFormat.Raw, Aio = aio, Discard = true });
        using QueueDriver driver = new(image);
        Assert.Equal(0, AllocationProbe.Measure(driver));
    }

    [Fact]
    public void Qcow2_SteadyState_AllocatesNothing()
    {
        string path = scratch.File("disk.qcow2");
        QemuImg.Run("create", "-q", "-f", "qcow2", path, "64M");
        using IBlockImage image = BlockImages.Open(new() { Path = path, Format = BlockImageFormat.Qcow2, Discard = true });
        using QueueDriver driver = new(image);
        Assert.Equal(0, AllocationProbe.Measure(driver));
    }

    public void Dispose() => scratch.Dispose();
}
