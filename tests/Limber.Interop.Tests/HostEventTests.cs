using System;
using System.Threading;

namespace Limber.Interop.Tests;

public sealed class HostEventTests
{
    [Fact]
    public void Signal_TwiceThenClear_IsOneSignal()
    {
        using var e = new HostEvent();
        Assert.False(e.IsSignalled);
        e.Signal();
        e.Signal();

        Assert.True(e.IsSignalled);
        Assert.True(e.Clear());
        Assert.False(e.IsSignalled);
        Assert.False(e.Clear());
    }

    [Fact]
    public void Wait_ForASignal_ReturnsAndLeavesIt()
    {
        using var e = new HostEvent();
        Assert.False(e.Wait(TimeSpan.Zero));
        e.Signal();

        Assert.True(e.Wait(Timeout.InfiniteTimeSpan));
        Assert.True(e.IsSignalled);
    }

    [Fact]
    public void Signal_AfterDispose_IsHarmless()
    {
        var e = new HostEvent();
        e.Dispose();

        e.Signal();

        Assert.True(e.Descriptor.IsClosed);
    }
}
