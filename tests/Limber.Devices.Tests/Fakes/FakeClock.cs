using System;

namespace Limber.Devices.Tests.Fakes;

/// <summary>A clock that stands until it is told to go.</summary>
internal sealed class FakeClock(DateTime utc) : TimeProvider
{
    private DateTime utc = utc;
    private long timestamp = 123_456_789;

    public override long TimestampFrequency => 1_000_000_000;

    public override DateTimeOffset GetUtcNow() => new(utc, TimeSpan.Zero);

    public override long GetTimestamp() => timestamp;

    public void Advance(TimeSpan time)
    {
        utc += time;
        timestamp += time.Ticks * 100;
    }

    public void SetTimestamp(long value) => timestamp = value;
}
