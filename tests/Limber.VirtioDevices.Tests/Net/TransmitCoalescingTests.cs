using System;
using Limber.VirtioDevices.Net;

namespace Limber.VirtioDevices.Tests.Net;

public sealed class TransmitCoalescingTests
{
    private readonly TransmitCoalescing coalescing = new();

    [Fact]
    public void OneWayTraffic_IsLookedForAfterAStreak()
    {
        for (int i = 1; i < TransmitCoalescing.FirstStreak; i++)
        {
            Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(1, 0));
        }

        Assert.Equal(TransmitCoalescing.ShortestPause, coalescing.OnEmpty(1, 0));
    }

    [Fact]
    public void AnsweredTraffic_IsNeverLookedFor()
    {
        for (uint i = 0; i < 100_000; i++)
        {
            Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(1, i));
        }
    }

    [Fact]
    public void Answer_EndsLooking()
    {
        Enter(TransmitCoalescing.FirstStreak);
        Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(20, 1));

        // That was no try that failed: the next one is as soon.
        Enter(TransmitCoalescing.FirstStreak, received: 1);
    }

    [Fact]
    public void FewFrames_MakeThePauseLongerUpToItsLimit()
    {
        Enter(TransmitCoalescing.FirstStreak);
        TimeSpan last = TransmitCoalescing.ShortestPause;
        for (int i = 0; i < 10; i++)
        {
            TimeSpan next = coalescing.OnEmpty(TransmitCoalescing.Few - 1, 0);
            Assert.Equal(last * 2 > TransmitCoalescing.LongestPause ? TransmitCoalescing.LongestPause : last * 2, next);
            last = next;
        }

        Assert.Equal(TransmitCoalescing.LongestPause, last);
        Assert.Equal(last, coalescing.OnEmpty(TransmitCoalescing.Few, 0));
        Assert.Equal(last, coalescing.OnEmpty(TransmitCoalescing.Many, 0));
    }

    [Fact]
    public void ManyFrames_MakeThePauseShorterDownToItsLimit()
    {
        Enter(TransmitCoalescing.FirstStreak);
        TimeSpan longer = coalescing.OnEmpty(1, 0);
        Assert.Equal(longer / 2, coalescing.OnEmpty(TransmitCoalescing.Many + 1, 0));
        Assert.Equal(TransmitCoalescing.ShortestPause, coalescing.OnEmpty(TransmitCoalescing.Many + 1, 0));
    }

    [Fact]
    public void TryThatFindsNothing_MakesTheNextRarerUpToALimit()
    {
        int streak = TransmitCoalescing.FirstStreak;
        for (int i = 0; i < 12; i++)
        {
            Enter(streak);
            Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(0, 0));
            streak = Math.Min(streak * 2, TransmitCoalescing.LongestStreak);
        }

        Assert.Equal(TransmitCoalescing.LongestStreak, streak);

        // One that finds something makes tries frequent again.
        Enter(streak);
        Assert.NotEqual(TimeSpan.Zero, coalescing.OnEmpty(1, 0));
        Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(0, 0));
        Enter(2 * TransmitCoalescing.FirstStreak);
    }

    [Fact]
    public void TurnsForNothing_DoNotEndAStreak()
    {
        for (int i = 1; i < TransmitCoalescing.FirstStreak; i++)
        {
            Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(1, 0));
            Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(0, 0));
        }

        Assert.Equal(TransmitCoalescing.ShortestPause, coalescing.OnEmpty(1, 0));
    }

    private void Enter(int streak, uint received = 0)
    {
        for (int i = 1; i < streak; i++)
        {
            Assert.Equal(TimeSpan.Zero, coalescing.OnEmpty(1, received));
        }

        Assert.Equal(TransmitCoalescing.ShortestPause, coalescing.OnEmpty(1, received));
    }
}
