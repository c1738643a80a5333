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

    [Theory]
    [InlineData(0x300000, 0x200000)]
    [InlineData(0x200000, 0x180000)]
    public void HugePages_ThatDoNotFit_AreRefused(ulong length, ulong page)
    {
        HostException e = Assert.Throws<HostException>(() => HostMapping.AllocateHuge(length, page, "test"));
        Assert.StartsWith($"cannot map {length} bytes for test in huge pages of {page} bytes: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HugePages_MoreThanThereAre_AreRefusedAtOnce()
    {
        HostException e = Assert.Throws<HostException>(() => HostMapping.AllocateHuge(1UL << 46, null, "test"));
        Assert.Contains($"test in huge pages of {HugePages.DefaultSize} bytes", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HugePages_StayReserved_AndReadAsZerosAfterADiscard()
    {
        HostMapping mapping;
        try
        {
            mapping = HostMapping.AllocateHuge(2 << 20, 2 << 20, "test");
        }
        catch (HostException e)
        {
            Assert.Skip("the host keeps no huge pages: " + e.Message);
            return;
        }

        using (mapping)
        {
            var bytes = new Span<byte>((void*)mapping.Address, (int)mapping.Length);
            bytes.Fill(0xAA);
            Assert.False(mapping.TryDiscard(0, mapping.Length));
            Assert.Equal(0xAA, bytes[0]);
            mapping.Discard();
            Assert.Equal(-1, bytes.IndexOfAnyExcept((byte)0));
            mapping.GiveUp();
        }
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
