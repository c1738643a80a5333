using System;
using System.Collections.Immutable;
using Limber.Interop;

namespace Limber.Memory.Tests;

public sealed class GuestMemoryTests : IDisposable
{
    private const ulong LowSize = 0x4000;
    private const ulong HighStart = 0x1_0000_0000;
    private const ulong HighSize = 0x2000;

    private readonly GuestMemory memory = new([Region(0, LowSize), Region(HighStart, HighSize)]);

    public void Dispose()
    {
        foreach (GuestMemoryRegion region in memory.Regions)
        {
            region.Dispose();
        }
    }

    [Fact]
    public void TotalSize_IsTheSumOfTheRegions() => Assert.Equal(LowSize + HighSize, memory.TotalSize);

    [Fact]
    public void FreshMemory_IsZero()
    {
        byte[] bytes = new byte[LowSize];
        bytes.AsSpan().Fill(1);
        memory.Read(new GuestAddress(0), bytes);
        Assert.True(bytes.AsSpan().IndexOfAnyExcept((byte)0) < 0);
    }

    [Theory]
    [InlineData(0, 0x4000, true)]
    [InlineData(0, 0x4001, false)]
    [InlineData(0x3FFF, 1, true)]
    [InlineData(0x3FFF, 2, false)]
    [InlineData(0x4000, 1, false)]
    [InlineData(0xFFFF_FFFF, 1, false)]
    [InlineData(0xFFFF_FFFF, 2, false)]
    [InlineData(HighStart, 0x2000, true)]
    [InlineData(HighStart + 0x1FFF, 2, false)]
    [InlineData(HighStart + 0x2000, 1, false)]
    [InlineData(ulong.MaxValue, 1, false)]
    [InlineData(ulong.MaxValue, int.MaxValue, false)]
    [InlineData(0, int.MaxValue, false)]
    public void TryGetSpan_ReachesExactlyTheRam(ulong address, int length, bool reachable)
    {
        Assert.Equal(reachable, memory.TryGetSpan(new GuestAddress(address), length, out Span<byte> span));
        Assert.Equal(reachable ? length : 0, span.Length);
    }

    [Fact]
    public void TryWrite_CrossingTheEnd_WritesNothing()
    {
        Assert.False(memory.TryWrite(new GuestAddress(LowSize - 1), [1, 2]));
        byte[] last = [9];
        Assert.True(memory.TryRead(new GuestAddress(LowSize - 1), last));
        Assert.Equal(0, last[0]);
    }

    [Fact]
    public void WriteAndRead_Random_AgreeWithAModel()
    {
        Random random = new(5);
        byte[] model = new byte[HighSize];
        for (int i = 0; i < 2000; i++)
        {
            int offset = random.Next(0, model.Length + 8);
            byte[] bytes = new byte[random.Next(1, 64)];
            random.NextBytes(bytes);
            bool fits = offset + bytes.Length <= model.Length;
            Assert.Equal(fits, memory.TryWrite(new GuestAddress(HighStart + (ulong)offset), bytes));
            if (fits)
            {
                bytes.CopyTo(model, offset);
            }
        }

        byte[] actual = new byte[HighSize];
        memory.Read(new GuestAddress(HighStart), actual);
        Assert.Equal(model, actual);
        byte[] low = new byte[LowSize];
        memory.Read(new GuestAddress(0), low);
        Assert.True(low.AsSpan().IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void WriteUInt_IsLittleEndian()
    {
        memory.WriteUInt32(new GuestAddress(0x101), 0x0403_0201);
        memory.WriteUInt64(new GuestAddress(0x105), 0x0C0B_0A09_0807_0605);
        byte[] bytes = new byte[12];
        memory.Read(new GuestAddress(0x101), bytes);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], bytes);
    }

    [Fact]
    public void Access_OutsideOfRam_NamesAddressAndLength()
    {
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => memory.WriteUInt64(new GuestAddress(0x3FFC), 1));
        Assert.StartsWith("guest range at 0x3ffc of 8 bytes is not RAM", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Read(new GuestAddress(0x4000), new byte[1]));
    }

    [Fact]
    public void TryGetSpan_NegativeLength_IsTheCallersMistake() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.TryGetSpan(new GuestAddress(0), -1, out _));

    [Fact]
    public void Discard_GivesZerosAgain()
    {
        memory.WriteUInt64(new GuestAddress(0), ulong.MaxValue);
        memory.Regions[0].Discard();
        byte[] bytes = [1];
        memory.Read(new GuestAddress(0), bytes);
        Assert.Equal(0, bytes[0]);
    }

    [Theory]
    [InlineData(0x1000, 0x1000)]
    [InlineData(0x1000, 0x0)]
    [InlineData(0x0, 0x0)]
    public void Create_OverlappingOrUnorderedRegions_Throws(ulong first, ulong second)
    {
        using GuestMemoryRegion left = Region(first, 0x2000);
        using GuestMemoryRegion right = Region(second, 0x1000);
        ImmutableArray<GuestMemoryRegion> regions = [left, right];
        Assert.Throws<ArgumentException>(() => new GuestMemory(regions));
    }

    [Fact]
    public void Access_AcrossAdjacentRegions_IsNotOneSpan()
    {
        using GuestMemoryRegion left = Region(0, 0x1000);
        using GuestMemoryRegion right = Region(0x1000, 0x1000);
        GuestMemory adjacent = new([left, right]);
        Assert.False(adjacent.TryGetSpan(new GuestAddress(0xFFF), 2, out _));
        Assert.True(adjacent.TryGetSpan(new GuestAddress(0x1000), 0x1000, out _));
    }

    [Fact]
    public void ManyRegions_WithGaps_AreEachFound()
    {
        const int Count = 257;
        const ulong Page = 0x1000;
        ImmutableArray<GuestMemoryRegion>.Builder regions = ImmutableArray.CreateBuilder<GuestMemoryRegion>(Count);
        for (ulong i = 0; i < Count; i++)
        {
            regions.Add(Region(3 * Page * i, Page));
        }

        var many = new GuestMemory(regions.ToImmutable());
        try
        {
            for (ulong i = 0; i < Count; i++)
            {
                Assert.True(many.TryTranslate(new GuestAddress((3 * Page * i) + 8), out nint host, out ulong rest));
                Assert.Equal((many.Regions[(int)i].Mapping.Address + 8, Page - 8), (host, rest));
                Assert.False(many.TryTranslate(new GuestAddress((3 * Page * i) + Page), out _, out _));
                Assert.False(many.TryGetSpan(new GuestAddress((3 * Page * (i + 1)) - 1), 1, out _));
            }
        }
        finally
        {
            foreach (GuestMemoryRegion region in many.Regions)
            {
                region.Dispose();
            }
        }
    }

    [Fact]
    public void Empty_HasNoRam()
    {
        GuestMemory empty = new([]);
        Assert.Equal(0UL, empty.TotalSize);
        Assert.False(empty.TryGetSpan(new GuestAddress(0), 0, out _));
    }

    private static GuestMemoryRegion Region(ulong start, ulong size) =>
        new(new GuestAddress(start), HostMapping.AllocatePrivate(size, "test"));
}
