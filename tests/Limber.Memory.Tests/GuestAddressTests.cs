using System;

namespace Limber.Memory.Tests;

public sealed class GuestAddressTests
{
    [Fact]
    public void Add_PastTheLastAddress_Throws() =>
        Assert.Throws<OverflowException>(() => new GuestAddress(ulong.MaxValue) + 1);

    [Fact]
    public void Subtract_LaterStart_Throws() =>
        Assert.Throws<OverflowException>(() => new GuestAddress(1) - new GuestAddress(2));

    [Theory]
    [InlineData(0x0, 0x1000, 0x0, 0x0)]
    [InlineData(0x1, 0x1000, 0x1000, 0x0)]
    [InlineData(0x1000, 0x1000, 0x1000, 0x1000)]
    [InlineData(0x1FFF, 0x1000, 0x2000, 0x1000)]
    [InlineData(0x7, 1, 0x7, 0x7)]
    public void Align_GivesTheNeighbouringMultiples(ulong address, ulong alignment, ulong up, ulong down)
    {
        Assert.Equal(up, new GuestAddress(address).AlignUp(alignment).Value);
        Assert.Equal(down, new GuestAddress(address).AlignDown(alignment).Value);
    }

    [Fact]
    public void AlignUp_PastTheLastAddress_Throws() =>
        Assert.Throws<OverflowException>(() => new GuestAddress(0xFFFF_FFFF_FFFF_F001).AlignUp(0x1000));

    [Fact]
    public void Compare_RandomPairs_AgreesWithTheValues()
    {
        Random random = new(3);
        for (int i = 0; i < 1000; i++)
        {
            ulong left = (ulong)random.NextInt64(0, 8);
            ulong right = (ulong)random.NextInt64(0, 8) << random.Next(0, 2);
            GuestAddress a = new(left);
            GuestAddress b = new(right);
            Assert.Equal(left < right, a < b);
            Assert.Equal(left > right, a > b);
            Assert.Equal(left <= right, a <= b);
            Assert.Equal(left >= right, a >= b);
            Assert.Equal(left == right, a == b);
            Assert.Equal(left.CompareTo(right), a.CompareTo(b));
        }
    }

    [Fact]
    public void ToString_IsLowerCaseHex() => Assert.Equal("0xfee00000", new GuestAddress(0xFEE0_0000).ToString());
}
