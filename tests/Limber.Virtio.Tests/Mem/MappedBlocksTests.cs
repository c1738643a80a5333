using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio.Mem;

namespace Limber.Virtio.Tests.Mem;

public sealed class MappedBlocksTests : IGuestMappings, IDisposable
{
    private const ulong MiB = 1UL << 20;
    private const ulong Start = 8UL << 30;
    private readonly List<(ulong Address, ulong Length)> shown = [];
    private readonly GuestMemoryRegion region = new(new GuestAddress(Start), HostMapping.AllocatePrivate(320 * MiB, "test"));
    private bool full;

    public void Dispose() => region.Dispose();

    IDisposable IGuestMappings.Map(ulong address, nint host, ulong length, bool readOnly)
    {
        if (full)
        {
            throw new HostException("all slots are in use", ErrorNumber.ENOSPC);
        }

        Assert.Equal(region.Mapping.Address + (nint)(address - Start), host);
        shown.Add((address, length));
        return new Undo(() => shown.Remove((address, length)));
    }

    [Fact]
    public void Windows_AreThereWhileABlockIsPlugged()
    {
        using var blocks = new MappedBlocks(region, 2 * MiB, this);
        Assert.Equal(128 * MiB, blocks.WindowSize);
        Assert.Empty(shown);
        Assert.True(blocks.TryPlug(126 * MiB, 4 * MiB));
        Assert.Equal([(Start, 128 * MiB), (Start + (128 * MiB), 128 * MiB)], shown);
        Assert.True(blocks.TryPlug(318 * MiB, 2 * MiB));
        Assert.Equal((Start + (256 * MiB), 64 * MiB), shown[^1]);
        Assert.True(blocks.TryUnplug(126 * MiB, 2 * MiB));
        Assert.Equal(2, shown.Count);
        Assert.True(blocks.TryUnplug(128 * MiB, 2 * MiB));
        Assert.True(blocks.TryUnplug(318 * MiB, 2 * MiB));
        Assert.Empty(shown);
    }

    [Fact]
    public unsafe void Blocks_AreGivenBack_AlsoThoseThatWereNeverPlugged()
    {
        using var blocks = new MappedBlocks(region, 2 * MiB, this);
        byte* bytes = (byte*)region.Mapping.Address;
        blocks.TryPlug(0, 4 * MiB);
        bytes[0] = bytes[2 * MiB] = bytes[100 * MiB] = 1;
        blocks.TryUnplug(0, 2 * MiB);
        Assert.Equal((0, 1, 1), (bytes[0], bytes[2 * MiB], bytes[100 * MiB]));
        blocks.TryUnplug(2 * MiB, 2 * MiB);
        Assert.Equal((0, 0), (bytes[2 * MiB], bytes[100 * MiB]));
    }

    [Fact]
    public void Host_WithoutSlots_ChangesNothing()
    {
        using var blocks = new MappedBlocks(region, 2 * MiB, this);
        Assert.True(blocks.TryPlug(0, 2 * MiB));
        full = true;
        Assert.False(blocks.TryPlug(2 * MiB, 200 * MiB));
        Assert.Single(shown);
        Assert.True(blocks.TryUnplug(0, 2 * MiB));
        Assert.Empty(shown);
    }

    [Fact]
    public void Dispose_HidesEverything()
    {
        var blocks = new MappedBlocks(region, 2 * MiB, this);
        blocks.TryPlug(0, 320 * MiB);
        Assert.Equal(3, shown.Count);
        blocks.Dispose();
        Assert.Empty(shown);
    }

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
