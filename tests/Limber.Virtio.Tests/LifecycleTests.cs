using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests;

public sealed class LifecycleTests
{
    [Fact]
    public void Reset_WithRequestsInFlight_ShowsStatusUntilTheyAreDone()
    {
        using VirtioRig rig = Create(out EchoDevice echo);
        Keep(rig, echo);

        rig.Registers.WriteStatus(0);
        rig.OnLoop(() => { });
        rig.OnLoop(() => { });
        Assert.Equal((VirtioStatus)0x0f, rig.Registers.Status);
        rig.Registers.WriteStatus(0x0f);
        rig.Registers.WriteQueue(0, QueueRegister.Size, 4);
        rig.OnLoop(() => echo.Answer(echo.Last!, echo.Kept[0]));

        Eventually.Holds(() => rig.Registers.Status == VirtioStatus.None, "status 0");
        Assert.Equal(1, echo.Deactivations);
        Assert.Equal([QueueStopReason.DeviceReset], echo.Stops);
        Assert.Equal(256UL, rig.Registers.ReadQueue(0, QueueRegister.Size));
    }

    [Fact]
    public void Reset_DeviceAbandonsRequests_IsDoneAtOnce()
    {
        using VirtioRig rig = Create(out EchoDevice echo);
        Keep(rig, echo);
        echo.AbandonsOnReset = true;

        rig.ResetAsDriver();

        Assert.Empty(echo.Kept);
    }

    [Fact]
    public void Pause_WithRequestsInFlight_WaitsForThem()
    {
        using VirtioRig rig = Create(out EchoDevice echo);
        Keep(rig, echo);

        Task pause = Task.Factory.StartNew(rig.Device.Pause, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Eventually.Holds(() => echo.Stops.Count == 1, "a stop");
        rig.OnLoop(() => { });
        Assert.False(pause.IsCompleted);
        rig.OnLoop(() => echo.Answer(echo.Last!, echo.Kept[0]));
        Eventually.Holds(() => pause.IsCompleted, "the end of the pause");

        Assert.Equal([QueueStopReason.Pause], echo.Stops);
        Assert.Equal(0, echo.Deactivations);
        rig.Reap(0);
    }

    [Fact]
    public void Pause_BeforeDriverOk_HoldsForTheActivation()
    {
        using VirtioRig rig = Create(out EchoDevice echo);
        rig.Device.Pause();
        rig.Start(0);
        rig.Submit(0, rig.Filled(1, 2), rig.Buffer(2, true));
        rig.OnLoop(() => { });
        Assert.Equal(0, echo.Turns);

        rig.Device.Resume();
        rig.Reap(0);
    }

    [Fact]
    public void Pause_ThenReset_CompletesWithoutResume()
    {
        using VirtioRig rig = Create(out _);
        rig.Start(0);
        rig.Device.Pause();

        rig.ResetAsDriver();
    }

    [Fact]
    public void QueueReset_ReadsOneUntilRequestsAreDone_OtherQueuesGoOn()
    {
        using var rig = new VirtioRig(context => new EchoDevice(context, queues: 2));
        var echo = (EchoDevice)rig.Device;
        Keep(rig, echo, VirtioFeatures.RingReset);
        Virtqueue first = echo.Last!;

        rig.Registers.WriteQueue(0, QueueRegister.Reset, 1);
        rig.OnLoop(() => { });
        rig.OnLoop(() => { });
        Assert.Equal(1UL, rig.Registers.ReadQueue(0, QueueRegister.Reset));
        echo.Keeps = false;
        rig.Submit(1, rig.Filled(1, 2), rig.Buffer(2, true));
        Assert.Equal(2u, rig.Reap(1).Written);
        rig.OnLoop(() => first.Abandon(echo.Kept[0]));

        Eventually.Holds(() => rig.Registers.ReadQueue(0, QueueRegister.Reset) == 0, "the end of the queue reset");
        Assert.Equal([QueueStopReason.QueueReset], echo.Stops);
    }

    [Fact]
    public void QueueReset_NotNegotiated_IsIgnored()
    {
        using VirtioRig rig = Create(out _);
        rig.Start(0);
        rig.Registers.WriteQueue(0, QueueRegister.Reset, 1);

        Assert.Equal(0UL, rig.Registers.ReadQueue(0, QueueRegister.Reset));
        Assert.Equal(1UL, rig.Registers.ReadQueue(0, QueueRegister.Enable));
    }

    [Fact]
    public void Callback_ThatThrows_NeedsResetAndWorksAfterIt()
    {
        using VirtioRig rig = Create(out EchoDevice echo);
        rig.Start(0);
        echo.Throws = new InvalidDataException("broken back end");
        rig.Submit(0, rig.Filled(1), rig.Buffer(1, true));
        Eventually.Holds(() => rig.Faults == 1, "a report");

        Assert.Same(echo.Throws, rig.Fault);
        Assert.Equal(VirtioStatus.DeviceNeedsReset, rig.Registers.Status & VirtioStatus.DeviceNeedsReset);
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
        echo.Throws = null;
        rig.ResetAsDriver();
        rig.Start(0);
        rig.Submit(0, rig.Filled(1), rig.Buffer(1, true));
        Assert.Equal(1u, rig.Reap(0).Written);
    }

    [Fact]
    public void Queue_Broken_NeedsResetAndInterruptsOnce()
    {
        using VirtioRig rig = Create(out _);
        rig.Start(0);
        rig.Submit(0, new DriverBuffer(new(TestMemory.Hole), 16, true));
        Eventually.Holds(() => rig.Transport.ConfigInterrupts == 1, "a configuration interrupt");

        Assert.Equal((VirtioStatus)0x4f, rig.Registers.Status);
        Assert.Equal(["descriptor outside of RAM"], rig.Log.Oddities);
        Assert.Equal(0, rig.Faults);
        rig.Kick(0);
        rig.OnLoop(() => { });
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
        rig.ResetAsDriver();
    }

    [Fact]
    public void ConfigChange_ByDevice_ChangesGenerationAndInterrupts()
    {
        using VirtioRig rig = Create(out EchoDevice echo);
        echo.ChangeConfig(1);
        Assert.Equal(0, rig.Transport.ConfigInterrupts);
        rig.Start(0);
        byte before = rig.Registers.ConfigGeneration;

        echo.ChangeConfig(0x01020304);

        byte[] data = new byte[4];
        Assert.True(rig.Registers.TryReadConfig(0, data));
        Assert.Equal([4, 3, 2, 1], data);
        Assert.NotEqual(before, rig.Registers.ConfigGeneration);
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
    }

    [Fact]
    public void Config_WrittenByDriver_ChangesWritableBytesOnly()
    {
        using VirtioRig rig = Create(out _);
        Assert.True(rig.Registers.TryWriteConfig(3, [1, 2, 3, 4]));

        byte[] data = new byte[12];
        rig.Registers.TryReadConfig(0, data);
        Assert.Equal([0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0], data);
    }

    [Fact]
    public void Queues_OnSeveralLoops_WorkAtTheSameTime()
    {
        using var rig = new VirtioRig(context => new EchoDevice(context, queues: 4), loopCount: 2);
        rig.Start(VirtioFeatures.EventIndex);
        for (int i = 0; i < 50; i++)
        {
            for (int queue = 0; queue < 4; queue++)
            {
                rig.Submit(queue, rig.Filled(1, 2, 3), rig.Buffer(3, true));
            }

            for (int queue = 0; queue < 4; queue++)
            {
                Assert.Equal(3u, rig.Reap(queue).Written);
            }
        }

        rig.ResetAsDriver();
    }

    [Fact]
    public void Device_WithBackEnd_GetsSettingsDoorbellAndInterrupt()
    {
        using var rig = new VirtioRig(context => new HandOverDevice(context));
        var device = (HandOverDevice)rig.Device;
        using var call = new Limber.Interop.HostEvent();
        rig.Transport.QueueEvent = call;
        rig.Start(0);
        Eventually.Holds(() => device.Queue is not null, "a start");
        rig.Kick(0);
        rig.OnLoop(() => { });

        Assert.Same(rig.Registers.GetDoorbell(0), device.Queue!.Doorbell);
        Assert.True(device.Queue.Doorbell.IsSignalled);
        Assert.Equal(rig[0].Settings, device.Queue.Settings);
        Assert.Same(call, device.Call);
        rig.Registers.WriteStatus(0);
        rig.OnLoop(() => { });
        Assert.NotEqual(VirtioStatus.None, rig.Registers.Status);
        device.BackEndStopped!();
        Eventually.Holds(() => rig.Registers.Status == VirtioStatus.None, "status 0");
    }

    private static VirtioRig Create(out EchoDevice echo)
    {
        var rig = new VirtioRig(context => new EchoDevice(context));
        echo = (EchoDevice)rig.Device;
        return rig;
    }

    private static void Keep(VirtioRig rig, EchoDevice echo, ulong features = 0)
    {
        echo.Keeps = true;
        rig.Start(features);
        rig.Submit(0, rig.Filled(1, 2), rig.Buffer(2, true));
        Eventually.Holds(() => echo.Kept.Count == 1, "a request in flight");
    }
}
