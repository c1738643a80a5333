using System.Threading;
using Limber.Device.Loop;
using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests;

/// <summary>Two parties may pause a device: the machine that stops, and whoever takes memory away.</summary>
public sealed class PauseTests
{
    [Fact]
    public void Resume_OfOneOfTwoPauses_LeavesTheDeviceStopped()
    {
        using var rig = new VirtioRig(context => new EchoDevice(context));
        var echo = (EchoDevice)rig.Device;
        rig.Start(0);
        rig.Device.Pause();
        rig.Device.Pause();
        rig.Device.Resume();
        rig.Submit(0, rig.Filled(1, 2), rig.Buffer(2, true));
        rig.Kick(0);
        rig.OnLoop(() => { });
        int turns = echo.Turns;
        rig.OnLoop(() => { });

        Assert.False(rig[0].TryReap(out _, out _));
        Assert.Equal(turns, echo.Turns);
        rig.Device.Resume();
        Assert.Equal(2u, rig.Reap(0).Written);
    }

    [Fact]
    public void Resume_WithoutPause_DoesNotCountForTheNext()
    {
        using var rig = new VirtioRig(context => new EchoDevice(context));
        rig.Start(0);
        rig.Device.Resume();
        rig.Device.Pause();
        rig.Submit(0, rig.Filled(1, 2), rig.Buffer(2, true));
        rig.OnLoop(() => { });

        Assert.False(rig[0].TryReap(out _, out _));
        rig.Device.Resume();
        Assert.Equal(2u, rig.Reap(0).Written);
    }

    [Fact]
    public void RequestPause_ReturnsAtOnceAndCallsBackWhenTheLastRequestIsDone()
    {
        using var rig = new VirtioRig(context => new EchoDevice(context));
        var echo = (EchoDevice)rig.Device;
        rig.Start(0);
        echo.Keeps = true;
        rig.Submit(0, rig.Filled(1, 2), rig.Buffer(2, true));
        Eventually.Holds(() => echo.Kept.Count == 1, "a request in flight");
        using var paused = new ManualResetEventSlim();

        Assert.True(rig.Device.RequestPause(paused.Set));
        rig.OnLoop(() => { });
        rig.OnLoop(() => { });
        Assert.False(paused.IsSet);
        rig.OnLoop(() => echo.Answer(echo.Last!, echo.Kept[0]));

        Eventually.Holds(() => paused.IsSet, "the end of the pause");
    }

    [Fact]
    public void RequestPause_AfterTheLoopsEnd_ReturnsFalse()
    {
        using var rig = new VirtioRig(context => new EchoDevice(context));
        foreach (DeviceLoop loop in rig.Loops)
        {
            loop.Stop();
            loop.Join();
        }

        Assert.False(rig.Device.RequestPause(() => Assert.Fail("called back")));
    }
}
