using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Threading;
using Limber.Interop;
using Limber.Net;
using Limber.VhostUser;
using Limber.VhostUser.Tests;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Net;
using Limber.VirtioDevices.Vhost;

namespace Limber.VirtioDevices.Tests.Vhost;

/// <summary>Back ends that come back, and those that connect to the machine.</summary>
public sealed class VhostUserReturnTests
{
    private const ulong BackendFeatures = VhostUserBackend.ProtocolFeaturesBit | VirtioFeatures.Version1 | NetFeatures.MergeableReceiveBuffers;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private static VirtioRig Create(FakeBackend fake, int? mtu = null, TimeSpan? interval = null) => new(c => new VhostNetDevice(
        c,
        VhostUserRings.Connect(new VhostUserEndpoint(fake.Path, listens: false), Limit, Limit, interval),
        new NetDeviceOptions { Mac = MacAddress.Default(1), QueueSize = 64, Mtu = mtu }));

    private static void Start(VirtioRig rig)
    {
        rig.Negotiate(NetFeatures.Status);
        rig.AddQueue(0, 0, 64);
        rig.AddQueue(1, 0, 64);
        rig.Registers.WriteStatus(0x0f);
    }

    private static int Count(FakeBackend fake, VhostUserRequest request)
    {
        while (true)
        {
            try
            {
                return fake.Received.Count(r => r.Request == request);
            }
            catch (InvalidOperationException)
            {
                // The fake adds from its own thread.
                Thread.Yield();
            }
        }
    }

    private static void WaitRings(FakeBackend fake, int count) =>
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == count, "rings");

    private static int[] Bases(FakeBackend fake) =>
    [
        .. fake.Received.Where(r => r.Request == VhostUserRequest.SetVringBase).Select(r => BinaryPrimitives.ReadInt32LittleEndian(r.Payload.AsSpan(4))),
    ];

    private static VhostNetDevice Card(VirtioRig rig) => (VhostNetDevice)rig.Device;

    [Fact]
    public void BackendThatComesBack_GoesOnBehindWhatTheLastHasCompleted()
    {
        using var first = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = Create(first, interval: Interval);
        Start(rig);
        WaitRings(first, 2);
        rig.OnLoop(() => { });

        // Five frames sent, and not said so.
        rig.Memory.Write(rig[1].Settings.Device + 2, [5, 0]);
        int interrupts = rig.Transport.QueueInterrupts;
        first.HangUp();
        Eventually.Holds(() => rig.Faults == 1, "a fault");
        rig.OnLoop(() => { });
        Assert.False(Card(rig).IsLinkUp);
        Assert.Equal(VirtioStatus.None, rig.Registers.Status & VirtioStatus.DeviceNeedsReset);
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
        Assert.Equal(interrupts + 2, rig.Transport.QueueInterrupts);

        using var second = new FakeBackend(first.Path) { Features = BackendFeatures };
        WaitRings(second, 2);
        rig.OnLoop(() => { });
        Assert.True(Card(rig).IsLinkUp);
        Assert.Equal([0, 5], Bases(second));
        Assert.Equal(1, Count(second, VhostUserRequest.SetMemoryTable));
        Assert.Equal(
            first.Received.Single(r => r.Request == VhostUserRequest.SetFeatures).Payload,
            second.Received.Single(r => r.Request == VhostUserRequest.SetFeatures).Payload);
        Assert.Equal((1, 2), (rig.Faults, rig.Transport.ConfigInterrupts));

        // It is reported each time.
        second.HangUp();
        Eventually.Holds(() => rig.Faults == 2, "another fault");
    }

    [Fact]
    public void DriverThatStartsWhileTheBackendIsAway_IsServedWhenItIsBack()
    {
        using var first = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = Create(first, interval: Interval);
        Start(rig);
        WaitRings(first, 2);
        first.HangUp();
        Eventually.Holds(() => rig.Faults == 1, "a fault");
        rig.Device.Pause();
        rig.Device.Resume();
        rig.ResetAsDriver();
        Start(rig);
        rig.OnLoop(() => { });
        Assert.Equal(VirtioStatus.None, rig.Registers.Status & VirtioStatus.DeviceNeedsReset);

        using var second = new FakeBackend(first.Path) { Features = BackendFeatures };
        WaitRings(second, 2);
        rig.OnLoop(() => { });
        Assert.Equal([0, 0], Bases(second));
        Assert.True(Card(rig).IsLinkUp);
        Assert.Equal(1, rig.Faults);
    }

    [Fact]
    public void BackendThatComesBackWithLess_IsNotTaken()
    {
        using var first = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = Create(first, interval: Interval);
        Start(rig);
        WaitRings(first, 2);
        first.HangUp();
        Eventually.Holds(() => rig.Faults == 1, "a fault");
        using var second = new FakeBackend(first.Path) { Features = BackendFeatures & ~NetFeatures.MergeableReceiveBuffers };
        Eventually.Holds(() => second.Ended.IsCompleted, "the end of a connection");
        Assert.Equal(0, Count(second, VhostUserRequest.SetFeatures));
        rig.OnLoop(() => { });
        Assert.False(Card(rig).IsLinkUp);
    }

    [Fact]
    public void CablePulledMeanwhile_StaysPulled()
    {
        using var first = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = Create(first, interval: Interval);
        Start(rig);
        WaitRings(first, 2);
        first.HangUp();
        Eventually.Holds(() => rig.Faults == 1, "a fault");
        Card(rig).SetLink(false);
        using var second = new FakeBackend(first.Path) { Features = BackendFeatures };
        Eventually.Holds(() => Count(second, VhostUserRequest.SetMemoryTable) == 1, "the memory");
        rig.OnLoop(() => { });
        Assert.False(Card(rig).IsLinkUp);
        Assert.Equal(0, Count(second, VhostUserRequest.SetVringEnable));
        Card(rig).SetLink(true);
        WaitRings(second, 2);
    }

    [Fact]
    public void BackendThatConnects_IsServed_AndTakenAgain()
    {
        string directory = Directory.CreateTempSubdirectory("limber-vhost").FullName;
        string path = Path.Combine(directory, "own");
        var endpoint = new VhostUserEndpoint(path, listens: true);
        using var first = new FakeBackend(path, connects: true);
        using (var rig = new VirtioRig(c => new VhostNetDevice(
            c, VhostUserRings.Connect(endpoint, Limit, Limit, Interval), new NetDeviceOptions { Mac = MacAddress.Default(1), QueueSize = 64 })))
        {
            Start(rig);
            WaitRings(first, 2);
            first.HangUp();
            Eventually.Holds(() => rig.Faults == 1, "a fault");
            using var second = new FakeBackend(path, connects: true);
            WaitRings(second, 2);
        }

        Assert.False(File.Exists(path));
        Directory.Delete(directory);
    }

    [Fact]
    public void NobodyConnects_IsAnErrorWithThePath_AndLeavesNothing()
    {
        string directory = Directory.CreateTempSubdirectory("limber-vhost").FullName;
        string path = Path.Combine(directory, "own");
        var e = Assert.Throws<VhostUserException>(
            () => VhostUserRings.Connect(new VhostUserEndpoint(path, listens: true), TimeSpan.FromMilliseconds(1), Limit));
        Assert.Equal($"no back end has connected to {path} within 0.001 s", e.Message);
        Directory.Delete(directory);
    }

    [Fact]
    public void Offer_HasNoFeatureWithoutThoseItNeeds()
    {
        using var fake = new FakeBackend { Features = BackendFeatures | NetFeatures.Checksum | NetFeatures.HostEcn | NetFeatures.GuestTso4 };
        using VirtioRig rig = Create(fake);
        ulong offered = rig.Registers.DeviceFeatures;
        Assert.True(NetFeatures.AreConsistent(offered));
        Assert.Equal(NetFeatures.Checksum, offered & (NetFeatures.Checksum | NetFeatures.HostEcn | NetFeatures.GuestTso4));
    }

    [Theory]
    [InlineData(0x219, 1)]
    [InlineData(0x209, 0)]
    public void Mtu_IsToldToABackendThatKnowsIt(ulong protocolFeatures, int times)
    {
        using var fake = new FakeBackend { Features = BackendFeatures, ProtocolFeatures = protocolFeatures };
        using VirtioRig rig = Create(fake, mtu: 1400);
        Assert.All(
            fake.Received.Where(r => r.Request == VhostUserRequest.NetSetMtu), r => Assert.Equal(1400UL, BinaryPrimitives.ReadUInt64LittleEndian(r.Payload)));
        Assert.Equal(times, Count(fake, VhostUserRequest.NetSetMtu));
    }

    [Fact]
    public void Mtu_ThatTheBackendRefuses_IsAnError()
    {
        using var fake = new FakeBackend { Features = BackendFeatures, ProtocolFeatures = 0x19, Refused = VhostUserRequest.NetSetMtu };
        var e = Assert.Throws<VhostUserException>(() => Create(fake, mtu: 1400));
        Assert.Equal("the back end refused NetSetMtu with 5", e.Message);
    }

    [Fact]
    public void AnotherInterruptEvent_ReachesTheBackend()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = Create(fake);
        Start(rig);
        WaitRings(fake, 2);
        rig.OnLoop(() => { });
        using var call = new HostEvent();
        rig.Transport.QueueEvent = call;
        rig.Device.NotifyInterruptEventChanged(1);
        WaitRings(fake, 3);
        rig.OnLoop(() => { });
        Assert.Equal(1, Count(fake, VhostUserRequest.GetVringBase));
        Assert.Equal([0, 0, 0x1234], Bases(fake));
        Assert.Equal(0, rig.Faults);
        rig.ResetAsDriver();
    }
}
