using System;
using System.IO;
using Limber.Interop;

namespace Limber.Interop.Tests;

/// <summary>Files that are cut off under their mapping. Without the handler these tests end the process.</summary>
public sealed unsafe class FileBackingTests : IDisposable
{
    private const int Length = 0x10000;
    private const int Page = 0x1000;
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Touch_OfALostPage_FindsZeros_AndIsSignalled(bool shared)
    {
        using HostMapping mapping = HostMapping.OpenFile(path, Length, shared);
        Span<byte> bytes = Fill(mapping);
        Cut(Length / 2);

        bytes[Length - 1]++;

        Assert.Equal([0xAA, 0, 1], new[] { bytes[(Length / 2) - 1], bytes[Length - 2], bytes[Length - 1] });
        Assert.Equal(1u, mapping.Backing!.PagesMet);
        Assert.True(mapping.Backing.Met.IsSignalled);
        Assert.Equal((ulong)Length, mapping.Backing.Kept);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryReplaceLost_ReplacesWhatIsGone_Once(bool shared)
    {
        using HostMapping mapping = HostMapping.OpenFile(path, Length, shared);
        Span<byte> bytes = Fill(mapping);
        Assert.False(mapping.Backing!.TryReplaceLost());
        Cut((2 * Page) + 1);

        Assert.True(mapping.Backing.TryReplaceLost());
        Assert.False(mapping.Backing.TryReplaceLost());
        Assert.Equal(3 * (ulong)Page, mapping.Backing.Kept);
        Assert.Equal(shared ? (2 * Page) + 1 : 3 * Page, bytes.IndexOf((byte)0));
        Assert.Equal(-1, bytes[(3 * Page)..].IndexOfAnyExcept((byte)0));
        Assert.Equal(0u, mapping.Backing.PagesMet);
        bytes[^1] = 7;
        Cut(Page);

        Assert.True(mapping.Backing.TryReplaceLost());
        Assert.Equal((0, 7), (bytes[Page], bytes[^1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryDiscard_AfterALoss_StillGivesPagesBack(bool shared)
    {
        using HostMapping mapping = HostMapping.OpenFile(path, Length, shared);
        Span<byte> bytes = Fill(mapping);
        Cut(Length / 2);
        bytes[Length / 2] = 1;
        Assert.True(mapping.Backing!.TryReplaceLost());
        bytes[(Length / 2) + Page] = 2;

        Assert.True(mapping.TryDiscard(Page, Length - Page));
        Assert.Equal(0, bytes[Length / 2]);
        Assert.Equal(0, bytes[(Length / 2) + Page]);
    }

    [Fact]
    public void Mappings_OneAfterTheOther_FindNothingOfEachOther()
    {
        for (int i = 0; i < 20; i++)
        {
            using HostMapping mapping = HostMapping.OpenFile(path, Length, shared: true);
            var bytes = new Span<byte>((void*)mapping.Address, Length);
            Cut(0);
            Assert.Equal(0, bytes[Page]);
            bytes[Page] = 9;
        }
    }

    [Fact]
    public void MemoryFiles_CannotBeCutOff()
    {
        using HostMapping mapping = HostMapping.AllocateShared(Length, "test");

        Assert.NotEqual(0, Libc.ftruncate(mapping.File!.Number, Page));
    }

    [Fact]
    public void HugePages_ThatAreNotReserved_AndNotThere_AreZerosOrCommitted()
    {
        const int size = 2 << 20;
        HostMapping mapping;
        try
        {
            mapping = HostMapping.AllocateHuge(size, size, "test", reserve: false);
        }
        catch (HostException e)
        {
            Assert.Skip("the host knows no huge pages: " + e.Message);
            return;
        }

        using (mapping)
        {
            var bytes = new Span<byte>((void*)mapping.Address, size);
            bytes[size - 1] = 1;
            Assert.Equal((0, 1), (bytes[0], bytes[size - 1]));
            bool committed = mapping.TryCommit(0, size);
            Assert.Equal(mapping.Backing!.PagesMet == 0, committed);
            bytes[0] = 2;
            Assert.True(mapping.TryDiscard(0, size));
            Assert.Equal(-1, bytes.IndexOfAnyExcept((byte)0));
        }
    }

    private static Span<byte> Fill(HostMapping mapping)
    {
        var bytes = new Span<byte>((void*)mapping.Address, Length);
        bytes.Fill(0xAA);
        return bytes;
    }

    private void Cut(long length)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(length);
    }
}
