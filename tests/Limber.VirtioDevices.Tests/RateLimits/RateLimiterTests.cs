using System;
using Limber.VirtioDevices.RateLimits;

namespace Limber.VirtioDevices.Tests.RateLimits;

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

    private sealed class ManualClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan time) => now += time.Ticks;
    }
}
