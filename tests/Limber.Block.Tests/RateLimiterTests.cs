using System;
using Limber.Block.RateLimiting;

namespace Limber.Block.Tests;

public sealed class RateLimiterTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void Bandwidth_FullBucketThenSteadyRate()
    {
        RateLimiter limiter = new(new TokenBucketOptions(1000, 0, TimeSpan.FromSeconds(1)), null, clock);
        Assert.True(limiter.TryTake(1000, out _));
        Assert.False(limiter.TryTake(100, out TimeSpan wait));
        Assert.InRange(wait.TotalMilliseconds, 100, 100.1);
        clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(limiter.TryTake(100, out _));
        clock.Advance(wait - TimeSpan.FromMilliseconds(99));
        Assert.True(limiter.TryTake(100, out _));
    }

    [Fact]
    public void OneTimeBurst_IsUsedFirstAndOnce()
    {
        RateLimiter limiter = new(new TokenBucketOptions(100, 500, TimeSpan.FromSeconds(1)), null, clock);
        Assert.True(limiter.TryTake(500, out _));
        Assert.True(limiter.TryTake(100, out _));
        Assert.False(limiter.TryTake(1, out _));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(limiter.TryTake(100, out _));
        Assert.False(limiter.TryTake(1, out _));
    }

    [Fact]
    public void LargerThanBucket_PassesWhenFullAndIsPaidAfterwards()
    {
        RateLimiter limiter = new(new TokenBucketOptions(100, 0, TimeSpan.FromSeconds(1)), null, clock);
        Assert.True(limiter.TryTake(1000, out _));
        Assert.False(limiter.TryTake(100, out TimeSpan wait));
        Assert.InRange(wait.TotalSeconds, 10, 10.001);
        clock.Advance(wait);
        Assert.True(limiter.TryTake(100, out _));
    }

    [Fact]
    public void Operations_LimitRequestsOfAnySize_RefusalTakesNothing()
    {
        RateLimiter limiter = new(
            new TokenBucketOptions(1000, 0, TimeSpan.FromSeconds(1)), new TokenBucketOptions(2, 0, TimeSpan.FromSeconds(1)), clock);
        Assert.True(limiter.TryTake(0, out _));
        Assert.True(limiter.TryTake(0, out _));
        Assert.False(limiter.TryTake(900, out _));
        clock.Advance(TimeSpan.FromMilliseconds(501));
        Assert.True(limiter.TryTake(900, out _));
    }

    [Theory]
    [InlineData(0UL, 1000)]
    [InlineData(1000UL, 0)]
    public void ZeroSizeOrTime_IsNoLimit(ulong size, int milliseconds)
    {
        RateLimiter limiter = new(new TokenBucketOptions(size, 0, TimeSpan.FromMilliseconds(milliseconds)), null, clock);
        Assert.True(limiter.TryTake(ulong.MaxValue, out _));
        Assert.True(limiter.TryTake(ulong.MaxValue, out _));
    }

    [Fact]
    public void ExtremeValues_NeverOverflow()
    {
        TokenBucketOptions huge = new(ulong.MaxValue, ulong.MaxValue, TimeSpan.MaxValue);
        RateLimiter limiter = new(huge, huge, clock);
        Random random = new(1);
        for (int step = 0; step < 1000; step++)
        {
            _ = limiter.TryTake(ulong.MaxValue >> random.Next(64), out _);
            clock.Advance(TimeSpan.FromTicks(random.NextInt64(1L << 50)));
        }
    }

    [Fact]
    public void LongRun_KeepsTheRate()
    {
        RateLimiter limiter = new(new TokenBucketOptions(7, 0, TimeSpan.FromMilliseconds(1000)), null, clock);
        int taken = 0;
        for (int step = 0; step < 100_000; step++)
        {
            taken += limiter.TryTake(1, out _) ? 1 : 0;
            clock.Advance(TimeSpan.FromMicroseconds(1000));
        }

        Assert.InRange(taken, 700, 707);
    }

    private sealed class ManualClock : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => ticks;

        public void Advance(TimeSpan time) => ticks += time.Ticks;
    }
}
