using System;
using System.Runtime.InteropServices;

namespace Limber.Block.Tests.Support;

/// <summary>Plays the device: submits to one queue and waits for the completions.</summary>
internal sealed unsafe class QueueDriver : IDisposable
{
    private readonly byte* memory;
    private readonly BlockSegment* segments;

    public QueueDriver(IBlockImage image, int depth = 16, int memoryLength = 8 << 20)
    {
        Queue = image.OpenQueue(depth);
        memory = (byte*)NativeMemory.AlignedAlloc((nuint)memoryLength, 4096);
        segments = (BlockSegment*)NativeMemory.Alloc(4096, (nuint)sizeof(BlockSegment));
        MemoryLength = memoryLength;
    }

    public IBlockQueue Queue { get; }

    public int MemoryLength { get; }

    public byte* Memory => memory;

    public BlockSegment* Segments => segments;

    public Span<byte> Span(int offset, int length) => new(memory + offset, length);

    public int Write(ulong offset, ReadOnlySpan<byte> data, int pieces = 1, int skew = 0)
    {
        data.CopyTo(Span(skew, data.Length));
        return Run(BlockRequest.Transfer(BlockRequestKind.Write, offset, segments, Cut(skew, data.Length, pieces), 7));
    }

    public byte[] Read(ulong offset, int length, int pieces = 1, int skew = 0)
    {
        Span(skew, length).Fill(0xEE);
        Assert.Equal(0, Run(BlockRequest.Transfer(BlockRequestKind.Read, offset, segments, Cut(skew, length, pieces), 8)));
        return Span(skew, length).ToArray();
    }

    /// <summary>Reads and returns the error.</summary>
    public int TryRead(ulong offset, int length) =>
        Run(BlockRequest.Transfer(BlockRequestKind.Read, offset, segments, Cut(0, length, 1), 8));

    public int Flush() => Run(BlockRequest.Flush(9));

    /// <summary>Submits one request and returns its error.</summary>
    public int Run(in BlockRequest request)
    {
        Assert.True(Queue.Submit(request));
        Queue.Kick();
        Span<BlockCompletion> one = stackalloc BlockCompletion[1];
        Wait(one, 1);
        Assert.Equal(request.Tag, one[0].Tag);
        return one[0].Error;
    }

    /// <summary>Waits for so many completions.</summary>
    public void Wait(Span<BlockCompletion> completions, int count)
    {
        int got = 0;
        while (got < count)
        {
            Assert.True(TestLibc.WaitReadable(Queue, 10_000), "no completion within 10 seconds");
            got += Queue.Drain(completions[got..count]);
        }
    }

    /// <summary>Lists a stretch of the memory as so many segments of odd sizes.</summary>
    public int Cut(int offset, int length, int pieces)
    {
        int each = length / pieces;
        for (int index = 0; index < pieces; index++)
        {
            int size = index == pieces - 1 ? length - (each * index) : each;
            segments[index] = new BlockSegment(memory + offset + (each * index), (nuint)size);
        }

        return pieces;
    }

    public void Dispose()
    {
        Queue.Dispose();
        NativeMemory.AlignedFree(memory);
        NativeMemory.Free(segments);
    }
}
