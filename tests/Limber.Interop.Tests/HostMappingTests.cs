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

    [Fact]
    public void Allocate_MoreThanTheAddressSpace_NamesTheSize()
    {
        HostException e = Assert.Throws<HostException>(() => HostMapping.AllocatePrivate(1UL << 50, "guest memory"));
        Assert.Contains("1125899906842624 bytes for guest memory", e.Message, StringComparison.Ordinal);
        Assert.Equal(12, e.ErrorNumber);
    }
}
