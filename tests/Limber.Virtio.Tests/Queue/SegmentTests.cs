using System;
using System.Linq;
using System.Runtime.InteropServices;
using Limber.Interop;

namespace Limber.Virtio.Tests.Queue;

public sealed unsafe class SegmentTests : IDisposable
{
    private readonly byte* memory = (byte*)NativeMemory.AllocZeroed(64);

    public void Dispose() => NativeMemory.Free(memory);

    [Fact]
    public void Reader_AcrossSegments_ReadsValuesAndSkips()
    {
        Fill();
        var reader = new SegmentReader(Cut(3, 1, 10));

        Assert.Equal(14, reader.Remaining);
        Assert.Equal(1, reader.Skip(1));
        Assert.True(reader.TryRead(out uint value));
        Assert.Equal(0x140a_0201u, value);
        Assert.Equal(9, reader.Remaining);
    }

    [Fact]
    public void Reader_TooLittleLeft_ReadsNothing()
    {
        Fill();
        var reader = new SegmentReader(Cut(3, 4));

        Assert.False(reader.TryRead(out ulong _));
        Assert.Equal(7, reader.Remaining);
        Assert.Equal(7, reader.Read(new byte[20]));
        Assert.Equal(0, reader.Read(new byte[20]));
        Assert.Equal(0, reader.Skip(1));
    }

    [Fact]
    public void Writer_AcrossSegments_WritesAndStopsAtTheEnd()
    {
        var writer = new SegmentWriter(Cut(3, 4));

        Assert.True(writer.TryWrite(0x04030201u));
        Assert.False(writer.TryWrite(0UL));
        Assert.Equal(3, writer.Write([5, 6, 7, 8, 9]));
        Assert.Equal(0, writer.Remaining);
        Assert.Equal(7, writer.Position);
        Assert.Equal([1, 2, 3], new ReadOnlySpan<byte>(memory, 3).ToArray());
        Assert.Equal([4, 5, 6, 7, 0], new ReadOnlySpan<byte>(memory + 10, 5).ToArray());
    }

    [Theory]
    [InlineData(0, 100, new[] { 3, 4, 5 })]
    [InlineData(3, 4, new[] { 4 })]
    [InlineData(2, 3, new[] { 1, 2 })]
    [InlineData(11, 1, new[] { 1 })]
    [InlineData(12, 1, new int[0])]
    [InlineData(5, 0, new int[0])]
    public void Slice_TakesThePart(long offset, long length, int[] expected)
    {
        var destination = new IoVector[3];
        int count = SegmentList.Slice(Cut(3, 4, 5), offset, length, destination);

        Assert.Equal(expected, destination.Take(count).Select(segment => (int)segment.Length));
    }

    // Segment i begins at 10 * i.
    private IoVector[] Cut(params int[] lengths) =>
        [.. lengths.Select((length, i) => new IoVector((nint)(memory + (10 * i)), (nuint)length))];

    private void Fill()
    {
        for (int i = 0; i < 64; i++)
        {
            memory[i] = (byte)i;
        }
    }
}
