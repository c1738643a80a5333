using System;
using System.Linq;

namespace Limber.Virtio.TestKit;

/// <summary>
/// What every virtio device must hold; a device inherits it and says how it is made and what a request is. The parts about hostile
/// drivers are in <see cref="VirtioHostileConformance{T}"/>, which such a class inherits.
/// </summary>
/// <typeparam name="T">The device.</typeparam>
public abstract class VirtioDeviceConformance<T>
    where T : VirtioDevice
{
    private const ulong Indirect = VirtioFeatures.IndirectDescriptors;
    private const ulong Event = VirtioFeatures.EventIndex;
    private const ulong Packed = VirtioFeatures.RingPacked;

    /// <summary>All kinds of ring.</summary>
    public static TheoryData<ulong> Rings { get; } =
        [0, Indirect, Event, Indirect | Event, Packed, Packed | Indirect, Packed | Event, Packed | Indirect | Event];

    /// <summary>The queue that <see cref="MakeRequest"/> is for.</summary>
    protected virtual int RequestQueue => 0;

    /// <summary>Features of the device type that the tests accept, besides those of the ring.</summary>
    protected virtual ulong DeviceFeatures => 0;

    /// <summary>A new device, with fakes behind it.</summary>
    protected abstract T Create(VirtioDeviceContext context);

    /// <summary>A request that the device answers at once; submitted any number of times.</summary>
    protected abstract DriverBuffer[] MakeRequest(VirtioRig rig);

    /// <summary>Asserts that the answer is right.</summary>
    protected abstract void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written);

    protected VirtioRig CreateRig() => new(Create);

    protected VirtioRig StartRig(ulong ringFeatures, int queueSize = 64)
    {
        VirtioRig rig = CreateRig();
        rig.Start(ringFeatures | DeviceFeatures, queueSize);
        return rig;
    }

    [Theory]
    [MemberData(nameof(Rings))]
    public void Requests_OverSeveralLaps_AreAnsweredAndInterrupt(ulong features)
    {
        using VirtioRig rig = StartRig(features, queueSize: 16);
        DriverBuffer[] request = MakeRequest(rig);
        for (int i = 0; i < 100; i++)
        {
            int interrupts = rig.Transport.QueueInterrupts;
            rig[RequestQueue].SetInterrupts(wanted: true);
            ushort id = rig.Submit(RequestQueue, request);

            (ushort usedId, uint written) = rig.Reap(RequestQueue);

            Assert.Equal(id, usedId);
            CheckAnswer(rig, request, written);
            Eventually.Holds(() => rig.Transport.QueueInterrupts > interrupts, "an interrupt");
        }

        Assert.Empty(rig.Log.Oddities);
    }

    [Theory]
    [MemberData(nameof(Rings))]
    public void Requests_ManyAtOnce_AllComeBack(ulong features)
    {
        using VirtioRig rig = StartRig(features, queueSize: 128);
        DriverBuffer[] request = MakeRequest(rig);
        int back = 0;
        for (int round = 0; round < 20; round++)
        {
            while (rig[RequestQueue].TrySubmit(request, out _))
            {
                back++;
            }

            if (rig[RequestQueue].Publish())
            {
                rig.Kick(RequestQueue);
            }

            while (rig[RequestQueue].Outstanding != 0)
            {
                CheckAnswer(rig, request, rig.Reap(RequestQueue).Written);
            }
        }

        Assert.True(back >= 20 * (128 / request.Length));
        Assert.Empty(rig.Log.Oddities);
    }

    [Fact]
    public void Interrupts_NotWanted_AreNotSent()
    {
        using VirtioRig rig = StartRig(0);
        DriverBuffer[] request = MakeRequest(rig);
        rig[RequestQueue].SetInterrupts(wanted: false);
        for (int i = 0; i < 10; i++)
        {
            rig.Submit(RequestQueue, request);
            rig.Reap(RequestQueue);
        }

        rig.Device.Pause();

        Assert.Equal(0, rig.Transport.QueueInterrupts);
    }

    [Fact]
    public void Features_WithoutVersion1_AreRefused()
    {
        using VirtioRig rig = CreateRig();
        rig.Registers.WriteStatus(3);
        rig.Registers.DriverFeatures = VirtioFeatures.EventIndex;
        rig.Registers.WriteStatus(0x0b);

        Assert.Equal(VirtioStatus.Acknowledge | VirtioStatus.Driver, rig.Registers.Status);
    }

    [Fact]
    public void Features_NotOffered_AreRefused()
    {
        using VirtioRig rig = CreateRig();
        for (int bit = 0; bit < 64; bit++)
        {
            ulong feature = 1UL << bit;
            if ((rig.Registers.DeviceFeatures & feature) == 0)
            {
                rig.Registers.WriteStatus(3);
                rig.Registers.DriverFeatures = VirtioFeatures.Version1 | feature;
                rig.Registers.WriteStatus(0x0b);

                Assert.Equal(VirtioStatus.Acknowledge | VirtioStatus.Driver, rig.Registers.Status);
                rig.ResetAsDriver();
            }
        }
    }

    [Fact]
    public void Features_AfterFeaturesOk_AreFixed()
    {
        using VirtioRig rig = CreateRig();
        rig.Negotiate(VirtioFeatures.EventIndex | DeviceFeatures);
        rig.Registers.DriverFeatures = VirtioFeatures.Version1;

        Assert.Equal(VirtioFeatures.Version1 | VirtioFeatures.EventIndex | DeviceFeatures, rig.Registers.DriverFeatures);
    }

    [Fact]
    public void DriverOk_WithoutFeaturesOk_IsIgnored()
    {
        using VirtioRig rig = CreateRig();
        rig.Registers.WriteStatus(7);

        Assert.Equal(VirtioStatus.Acknowledge | VirtioStatus.Driver, rig.Registers.Status);
    }

    [Fact]
    public void Queue_Enabled_KeepsItsRegisters()
    {
        using VirtioRig rig = StartRig(0);
        VirtqueueSettings settings = rig[RequestQueue].Settings;
        rig.Registers.WriteQueue(RequestQueue, QueueRegister.Descriptors, 0x1234_0000);
        rig.Registers.WriteQueue(RequestQueue, QueueRegister.Size, 2);

        Assert.Equal(settings.Descriptors.Value, rig.Registers.ReadQueue(RequestQueue, QueueRegister.Descriptors));
        Assert.Equal((ulong)settings.Size, rig.Registers.ReadQueue(RequestQueue, QueueRegister.Size));
    }

    [Fact]
    public void Reset_ByDriver_EqualsFreshAndWorksAgain()
    {
        using VirtioRig fresh = CreateRig();
        using VirtioRig rig = StartRig(VirtioFeatures.EventIndex);
        DriverBuffer[] request = MakeRequest(rig);
        rig.Submit(RequestQueue, request);
        rig.Reap(RequestQueue);

        rig.ResetAsDriver();

        Assert.Equal(Observe(fresh), Observe(rig));
        rig.Start(VirtioFeatures.RingPacked | DeviceFeatures);
        request = MakeRequest(rig);
        rig.Submit(RequestQueue, request);
        CheckAnswer(rig, request, rig.Reap(RequestQueue).Written);
    }

    [Fact]
    public void Reset_ByMachine_Twice_EqualsFresh()
    {
        using VirtioRig fresh = CreateRig();
        using VirtioRig rig = StartRig(0);
        rig.Submit(RequestQueue, MakeRequest(rig));

        rig.Device.Reset();
        rig.Device.Reset();

        Assert.Equal(Observe(fresh), Observe(rig));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeatures.RingPacked)]
    public void Reset_UnderLoad_LeavesMemoryAlone(ulong features)
    {
        using VirtioRig rig = CreateRig();
        for (int round = 0; round < 30; round++)
        {
            rig.Start(features | DeviceFeatures, queueSize: 128);
            RingDriver ring = rig[RequestQueue];
            DriverBuffer[] request = MakeRequest(rig);
            while (ring.TrySubmit(request, out _))
            {
            }

            ring.Publish();
            rig.Kick(RequestQueue);
            rig.Registers.WriteStatus(0);
            Eventually.Holds(() => rig.Registers.Status == VirtioStatus.None, "status 0 after a reset");

            byte[] before = rig.Memory.Read(ring.Settings.Device, 64);
            byte[] descriptors = rig.Memory.Read(ring.Settings.Descriptors, 128 * 16);
            rig.Kick(RequestQueue);
            rig.OnLoop(() => { });
            Assert.Equal(before, rig.Memory.Read(ring.Settings.Device, 64));
            Assert.Equal(descriptors, rig.Memory.Read(ring.Settings.Descriptors, 128 * 16));
            rig.Memory.Forget();
        }

        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Pause_StopsTakingRequests_ResumeGoesOn()
    {
        using VirtioRig rig = StartRig(0);
        DriverBuffer[] request = MakeRequest(rig);
        rig.Device.Pause();
        rig.Submit(RequestQueue, request);
        rig.Kick(RequestQueue);
        rig.OnLoop(() => { });

        Assert.False(rig[RequestQueue].TryReap(out _, out _));
        rig.Device.Resume();
        CheckAnswer(rig, request, rig.Reap(RequestQueue).Written);
    }

    [Fact]
    public void QueueReset_ThenEnabledElsewhere_WorksAgain()
    {
        using VirtioRig rig = StartRig(VirtioFeatures.RingReset);
        DriverBuffer[] request = MakeRequest(rig);
        rig.Submit(RequestQueue, request);
        rig.Reap(RequestQueue);

        rig.Registers.WriteQueue(RequestQueue, QueueRegister.Reset, 1);
        Eventually.Holds(() => rig.Registers.ReadQueue(RequestQueue, QueueRegister.Reset) == 0, "the end of a queue reset");

        Assert.Equal(0UL, rig.Registers.ReadQueue(RequestQueue, QueueRegister.Enable));
        rig.AddQueue(RequestQueue, VirtioFeatures.RingReset, 32);
        rig.Submit(RequestQueue, request);
        CheckAnswer(rig, request, rig.Reap(RequestQueue).Written);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeatures.EventIndex | VirtioFeatures.IndirectDescriptors)]
    [InlineData(VirtioFeatures.RingPacked | VirtioFeatures.EventIndex)]
    public void Requests_InSteadyState_AllocateNothing(ulong features)
    {
        using VirtioRig rig = StartRig(features);
        DriverBuffer[] request = MakeRequest(rig);
        Exercise(rig, request, 200);
        long before = 0;
        rig.OnLoop(() => before = GC.GetAllocatedBytesForCurrentThread());
        long overhead = 0;
        rig.OnLoop(() => overhead = GC.GetAllocatedBytesForCurrentThread() - before);
        rig.OnLoop(() => before = GC.GetAllocatedBytesForCurrentThread());

        Exercise(rig, request, 1000);

        long after = 0;
        rig.OnLoop(() => after = GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(overhead, after - before);
    }

    [Fact]
    public void Type_HasConsistentRegisters()
    {
        using VirtioRig rig = CreateRig();

        Assert.NotEqual(0UL, rig.Registers.DeviceFeatures & VirtioFeatures.Version1);
        Assert.True(rig.Registers.QueueCount > RequestQueue);
        Assert.Equal(0UL, rig.Registers.ReadQueue(rig.Registers.QueueCount, QueueRegister.Size));
        Assert.False(rig.Registers.TryReadConfig((ulong)rig.Registers.ConfigLength, new byte[1]));
    }

    /// <summary>Everything a driver can see, queue by queue.</summary>
    protected static ulong[] Observe(VirtioRig rig)
    {
        ArgumentNullException.ThrowIfNull(rig);
        ulong[] common = [(ulong)rig.Registers.Status, rig.Registers.DriverFeatures, rig.Registers.DeviceFeatures];
        return [.. common, .. Enumerable.Range(0, rig.Registers.QueueCount)
            .SelectMany(queue => Enum.GetValues<QueueRegister>().Select(register => rig.Registers.ReadQueue(queue, register)))];
    }

    private void Exercise(VirtioRig rig, DriverBuffer[] request, int count)
    {
        for (int i = 0; i < count; i++)
        {
            rig[RequestQueue].SetInterrupts(wanted: true);
            rig.Submit(RequestQueue, request);
            rig.Reap(RequestQueue);
        }
    }
}
