using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Control;
using Limber.Memory;

namespace Limber.Machine.Tests;

public sealed class PmemWindowTests
{
    private const ulong GiB = 1UL << 30;
    private const ulong Start = 4 * GiB;

    private readonly PmemWindow window = new(new GuestRange(new GuestAddress(Start), 8 * GiB));

    [Theory]
    [InlineData(4, 1024, 252)]
    [InlineData(4, 64, 12)]
    [InlineData(4, 16384, 1024)]
    [InlineData(60, 64, 0)]
    [InlineData(64, 64, 0)]
    public void Carve_IsTheFirstQuarterOfWhatIsForDevices(ulong start, ulong end, ulong length) =>
        Assert.Equal(new GuestRange(new GuestAddress(start * GiB), length * GiB), PmemWindow.Carve(start * GiB, end * GiB));

    [Fact]
    public void Take_IsTheLowestThatIsFree()
    {
        GuestRange first = window.Take(2 << 20);
        GuestRange second = window.Take(GiB + 1);
        Assert.Equal((Start, Start + GiB), (first.Start.Value, second.Start.Value));
        Assert.Equal(Start + (3 * GiB), window.Take(5 * GiB).Start.Value);
        window.Release(second);
        Assert.Equal(Start + GiB, window.Take(2 * GiB).Start.Value);
        window.Release(first);
        Assert.Equal(Start, window.Take(GiB).Start.Value);
    }

    [Fact]
    public void Take_WithoutRoom_SaysHowMuchThereIs()
    {
        GuestRange all = window.Take(8 * GiB);
        VmException refused = Assert.Throws<VmException>(() => window.Take(1));
        Assert.Contains($"the guest has {8 * GiB} bytes", refused.Message, StringComparison.Ordinal);
        window.Release(all);
        Assert.Throws<VmException>(() => window.Take((8 * GiB) + 1));
        Assert.Equal(all, window.Take(8 * GiB));
        Assert.Throws<VmException>(() => new PmemWindow(new GuestRange(new GuestAddress(Start), 0)).Take(1));
    }

    [Fact]
    public void ManyOfThem_NeverOverlapAndStayInside()
    {
        var random = new Random(7);
        var taken = new List<GuestRange>();
        for (int i = 0; i < 2000; i++)
        {
            if (taken.Count != 0 && random.Next(2) == 0)
            {
                GuestRange gone = taken[random.Next(taken.Count)];
                taken.Remove(gone);
                window.Release(gone);
                continue;
            }

            try
            {
                GuestRange range = window.Take((ulong)random.NextInt64(1, 3L << 30));
                Assert.DoesNotContain(taken, r => r.Overlaps(range));
                Assert.True(range.Start >= window.Range.Start && range.End <= window.Range.End && range.Start.Value % PmemWindow.Alignment == 0);
                taken.Add(range);
            }
            catch (VmException)
            {
                Assert.NotEmpty(taken);
            }
        }
    }
}
