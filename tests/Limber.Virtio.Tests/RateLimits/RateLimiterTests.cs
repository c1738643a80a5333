using System;
using Limber.Device.RateLimits;

namespace Limber.Virtio.Tests.RateLimits;

public sealed class RateLimiterTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void Bytes_BeyondTheBucket_DelayTheNextRequestForAsLongAsTheyTake()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(1000, 0, TimeSpan.FromSeconds(1)), null, clock);
        Assert.Equal(TimeSpan.Zero, limiter.Delay());
        limiter.Take(1500);

        // 500 are owed and one is needed.
        Assert.Equal(TimeSpan.FromMilliseconds(501), limiter.Delay());
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(TimeSpan.FromMilliseconds(1), limiter.Delay());
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.Zero, limiter.Delay());
    }

    [Fact]
    public void Operations_AreCountedAlone()
    {
        var limiter = new RateLimiter(null, new TokenBucketLimit(2, 0, TimeSpan.FromSeconds(1)), clock);
        limiter.Take(1_000_000);
        Assert.Equal(TimeSpan.Zero, limiter.Delay());
        limiter.Take(1_000_000);
        Assert.Equal(TimeSpan.FromMilliseconds(500), limiter.Delay());
    }

    [Fact]
    public void OneTimeBurst_IsUsedFirstAndOnce()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(100, 900, TimeSpan.FromSeconds(1)), null, clock);
        limiter.Take(999);
        Assert.Equal(TimeSpan.Zero, limiter.Delay());
        limiter.Take(1);
        Assert.NotEqual(TimeSpan.Zero, limiter.Delay());
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, limiter.Delay());
        limiter.Take(100);
        Assert.NotEqual(TimeSpan.Zero, limiter.Delay());
    }

    [Fact]
    public void Rate_OverManySmallSteps_IsExact()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(7, 0, TimeSpan.FromMilliseconds(10)), null, clock);
        int done = 0;
        for (int i = 0; i < 10_000; i++)
        {
            clock.Advance(TimeSpan.FromTicks(1000));
            if (limiter.Delay() == TimeSpan.Zero)
            {
                limiter.Take(1);
                done++;
            }
        }

        // One second: 700 tokens, and the 7 of the start.
        Assert.InRange(done, 700, 708);
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 0, 0)]
    public void Limits_ThatLetNothingPass_AreRefused(long size, long burst, long milliseconds) =>
        Assert.Throws<ArgumentException>(
            () => new RateLimiter(new TokenBucketLimit(size, burst, TimeSpan.FromMilliseconds(milliseconds)), null, clock));

    [Fact]
    public void Extremes_DoNotOverflow()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(long.MaxValue, long.MaxValue, TimeSpan.FromDays(10_000)), null, clock);
        limiter.Take(long.MaxValue);
        limiter.Take(long.MaxValue);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.Zero, limiter.Delay());
        var slow = new RateLimiter(new TokenBucketLimit(1, 0, TimeSpan.FromDays(10_000)), null, clock);
        slow.Take(1L << 32);
        Assert.Equal(TimeSpan.FromHours(1), slow.Delay());
    }

    [Fact]
    public void TryTake_FullBucketThenSteadyRate()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(1000, 0, TimeSpan.FromSeconds(1)), null, clock);
        Assert.True(limiter.TryTake(1000, out _));
        Assert.False(limiter.TryTake(100, out TimeSpan wait));
        Assert.InRange(wait.TotalMilliseconds, 100, 100.1);
        clock.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(limiter.TryTake(100, out _));
        clock.Advance(wait - TimeSpan.FromMilliseconds(99));
        Assert.True(limiter.TryTake(100, out _));
    }

    [Fact]
    public void TryTake_OneTimeBurst_IsUsedFirstAndOnce()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(100, 500, TimeSpan.FromSeconds(1)), null, clock);
        Assert.True(limiter.TryTake(500, out _));
        Assert.True(limiter.TryTake(100, out _));
        Assert.False(limiter.TryTake(1, out _));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.True(limiter.TryTake(100, out _));
        Assert.False(limiter.TryTake(1, out _));
    }

    [Fact]
    public void TryTake_LargerThanBucket_PassesWhenFullAndIsPaidAfterwards()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(100, 0, TimeSpan.FromSeconds(1)), null, clock);
        Assert.True(limiter.TryTake(1000, out _));
        Assert.False(limiter.TryTake(100, out TimeSpan wait));
        Assert.InRange(wait.TotalSeconds, 10, 10.001);
        clock.Advance(wait);
        Assert.True(limiter.TryTake(100, out _));
    }

    [Fact]
    public void TryTake_LimitsOperationsOfAnySize_RefusalTakesNothing()
    {
        var limiter = new RateLimiter(
            new TokenBucketLimit(1000, 0, TimeSpan.FromSeconds(1)), new TokenBucketLimit(2, 0, TimeSpan.FromSeconds(1)), clock);
        Assert.True(limiter.TryTake(0, out _));
        Assert.True(limiter.TryTake(0, out _));
        Assert.False(limiter.TryTake(900, out _));
        clock.Advance(TimeSpan.FromMilliseconds(501));
        Assert.True(limiter.TryTake(900, out _));
    }

    [Fact]
    public void TryTake_LongRun_KeepsTheRate()
    {
        var limiter = new RateLimiter(new TokenBucketLimit(7, 0, TimeSpan.FromMilliseconds(1000)), null, clock);
        int taken = 0;
        for (int step = 0; step < 100_000; step++)
        {
            taken += limiter.TryTake(1, out _) ? 1 : 0;
            clock.Advance(TimeSpan.FromMicroseconds(1000));
        }

        Assert.InRange(taken, 700, 707);
    }

    [Fact]
    public void TryTake_ExtremeValues_NeverOverflow()
    {
        TokenBucketLimit huge = new(long.MaxValue, long.MaxValue, TimeSpan.MaxValue);
        var limiter = new RateLimiter(huge, huge, clock);
        Random random = new(1);
        for (int step = 0; step < 1000; step++)
        {
            _ = limiter.TryTake(long.MaxValue >> random.Next(64), out _);
            clock.Advance(TimeSpan.FromTicks(random.NextInt64(1L << 50)));
        }
    }

    private sealed class ManualClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan time) => now += time.Ticks;
    }
}
