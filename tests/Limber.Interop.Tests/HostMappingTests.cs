using System;
using Limber.Interop;

namespace Limber.Interop.Tests;

public sealed unsafe class HostMappingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Discard_MakesPagesReadAsZeros(bool shared)
    {
        using HostMapping mapping = shared ? HostMapping.AllocateShared(0x10000, "test") : HostMapping.AllocatePrivate(0x10000, "test");
        var bytes = new Span<byte>((void*)mapping.Address, (int)mapping.Length);
        Assert.Equal(-1, bytes.IndexOfAnyExcept((byte)0));
        bytes.Fill(0xAA);
        mapping.Discard();
        Assert.Equal(-1, bytes.IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryDiscard_OfAPart_LeavesTheRest(bool shared)
    {
        using HostMapping mapping = shared ? HostMapping.AllocateShared(0x4000, "test") : HostMapping.AllocatePrivate(0x4000, "test");
        var bytes = new Span<byte>((void*)mapping.Address, (int)mapping.Length);
        bytes.Fill(7);

        Assert.True(mapping.TryDiscard(0x1000, 0x2000));

        Assert.Equal([7, 0, 0, 7], new[] { bytes[0xfff], bytes[0x1000], bytes[0x2fff], bytes[0x3000] });
    }

    [Theory]
    [InlineData(0x1000, 0x4000)]
    [InlineData(0x5000, 0)]
    [InlineData(0x1000, ulong.MaxValue)]
    public void TryDiscard_Outside_IsAnError(ulong offset, ulong length)
    {
        using HostMapping mapping = HostMapping.AllocatePrivate(0x4000, "test");

        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.TryDiscard(offset, length));
    }

    [Fact]
    public void TryDiscard_WhatTheHostRefuses_IsFalse()
    {
        using HostMapping mapping = HostMapping.AllocatePrivate(0x4000, "test");

        Assert.False(mapping.TryDiscard(1, 0x1000));
    }

    [Fact]
    public void Allocate_MoreThanTheAddressSpace_NamesTheSize()
    {
        HostException e = Assert.Throws<HostException>(() => HostMapping.AllocatePrivate(1UL << 50, "guest memory"));
        Assert.Contains("1125899906842624 bytes for guest memory", e.Message, StringComparison.Ordinal);
        Assert.Equal(12, e.ErrorNumber);
    }
}
