using System;

namespace Limber.Memory.Tests;

public sealed class GuestRangeTests
{
    [Fact]
    public void Between_GivesStartAndLength()
    {
        GuestRange range = GuestRange.Between(new GuestAddress(0x1000), new GuestAddress(0x3000));
        Assert.Equal(new GuestRange(new GuestAddress(0x1000), 0x2000), range);
        Assert.Equal(0x3000UL, range.End.Value);
        Assert.Equal("[0x1000, 0x3000)", range.ToString());
    }

    [Fact]
    public void Between_EndBeforeStart_Throws() =>
        Assert.Throws<OverflowException>(() => GuestRange.Between(new GuestAddress(2), new GuestAddress(1)));

    [Fact]
    public void Contains_RangeUpToTheLastAddress_DoesNotWrap()
    {
        GuestRange range = new(new GuestAddress(0xFFFF_FFFF_FFFF_F000), 0x1000);
        Assert.True(range.Contains(new GuestAddress(ulong.MaxValue)));
        Assert.False(range.Contains(new GuestAddress(0)));
        Assert.False(range.Contains(new GuestAddress(0xFFFF_FFFF_FFFF_EFFF)));
    }

    [Fact]
    public void ContainsAndOverlaps_AllSmallRanges_AgreeWithCountingAddresses()
    {
        const ulong limit = 7;
        for (ulong start = 0; start < limit; start++)
        {
            for (ulong length = 0; start + length <= limit; length++)
            {
                GuestRange range = new(new GuestAddress(start), length);
                for (ulong address = 0; address <= limit; address++)
                {
                    Assert.Equal(address >= start && address < start + length, range.Contains(new GuestAddress(address)));
                }

                AssertOverlaps(range, limit);
            }
        }
    }

    private static void AssertOverlaps(GuestRange range, ulong limit)
    {
        for (ulong start = 0; start < limit; start++)
        {
            for (ulong length = 0; start + length <= limit; length++)
            {
                GuestRange other = new(new GuestAddress(start), length);
                bool shares = false;
                for (ulong address = 0; address < limit; address++)
                {
                    shares |= range.Contains(new GuestAddress(address)) && other.Contains(new GuestAddress(address));
                }

                Assert.Equal(shares, range.Overlaps(other));
                Assert.Equal(shares, other.Overlaps(range));
            }
        }
    }
}
