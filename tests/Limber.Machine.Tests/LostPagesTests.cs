using System;

namespace Limber.Machine.Tests;

public sealed class LostPagesTests
{
    private readonly LostPages pages = new();

    [Fact]
    public void TryReplace_WithNobodyToAsk_SaysNo()
    {
        int seen = 0;

        Assert.False(pages.TryReplace(ref seen));
    }

    [Fact]
    public void TryReplace_SeveralProcessorsAtOnePage_EachTriesAgainOnce()
    {
        int lost = 1;
        using IDisposable entry = pages.Add(() => lost-- > 0);
        int first = 0;
        int second = 0;

        Assert.True(pages.TryReplace(ref first));
        Assert.True(pages.TryReplace(ref second));
        Assert.False(pages.TryReplace(ref first));
        Assert.False(pages.TryReplace(ref second));
    }

    [Fact]
    public void TryReplace_AsksEverybody_AndNobodyWhoHasGone()
    {
        int asked = 0;
        int seen = 0;
        using IDisposable other = pages.Add(() =>
        {
            asked++;
            return false;
        });
        pages.Add(() => true).Dispose();

        Assert.False(pages.TryReplace(ref seen));
        Assert.Equal(1, asked);
    }
}
