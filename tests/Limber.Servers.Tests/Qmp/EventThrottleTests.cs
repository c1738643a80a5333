using System;
using System.Collections.Generic;
using Limber.Servers.Json;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

public sealed class EventThrottleTests : IDisposable
{
    private readonly FakeTime time = new();
    private readonly List<string> sent = [];
    private readonly EventThrottle throttle;

    public EventThrottleTests() => throttle = new(
        (@event, timestamp) => sent.Add($"{@event.Name} {@event.Data?.ToString()} at {timestamp.ToUnixTimeSeconds()}"), time);

    public void Dispose() => throttle.Dispose();

    [Fact]
    public void Post_Often_SendsTheFirstAndTheLastOfEachSecond()
    {
        Post("A", 1);
        Post("A", 2);
        Post("A", 3);
        Assert.Equal(["A 1"], Names());
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["A 1", "A 3"], Names());
        Post("A", 4);
        Assert.Equal(2, sent.Count);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["A 1", "A 3", "A 4"], Names());
    }

    [Fact]
    public void Post_AfterAQuietSecond_IsSentAtOnce()
    {
        Post("A", 1);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, time.Armed);
        Post("A", 2);
        Assert.Equal(["A 1", "A 2"], Names());
    }

    [Fact]
    public void Post_OtherKeysAndNone_DoNotWait()
    {
        Post("A", 1);
        Post("B", 2);
        throttle.Post(new QmpEvent("C"), default);
        throttle.Post(new QmpEvent("C"), default);
        Assert.Equal(4, sent.Count);
    }

    [Fact]
    public void Dispose_DropsWhatWaits()
    {
        Post("A", 1);
        Post("A", 2);
        throttle.Dispose();
        time.Advance(TimeSpan.FromSeconds(5));
        Post("A", 3);
        Assert.Equal(["A 1"], Names());
    }

    private void Post(string key, long at) =>
        throttle.Post(new QmpEvent(key, new JsonObject()) { RateKey = key }, DateTimeOffset.FromUnixTimeSeconds(at));

    private List<string> Names() => sent.ConvertAll(static text => $"{text[0]} {text[^1]}");
}
