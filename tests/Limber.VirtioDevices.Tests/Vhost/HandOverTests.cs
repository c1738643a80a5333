using System;
using System.Buffers.Binary;
using System.Linq;
using System.Text;
using System.Threading;
using Limber.Interop;
using Limber.Memory;
using Limber.Net;
using Limber.VhostUser;
using Limber.VhostUser.Tests;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Fs;
using Limber.VirtioDevices.Net;
using Limber.VirtioDevices.Vhost;

namespace Limber.VirtioDevices.Tests.Vhost;

public sealed class HandOverTests
{
    private const ulong RingFeatures = VirtioFeatures.Version1 | VirtioFeatures.EventIndex | VirtioFeatures.IndirectDescriptors;
    private const ulong BackendFeatures = VhostUserBackend.ProtocolFeaturesBit | RingFeatures | NetFeatures.MergeableReceiveBuffers;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static VirtioRig CreateNet(FakeBackend fake, int pairs = 1) => new(c => new VhostNetDevice(
        c, VhostUserRings.Connect(fake.Path, Limit), new NetDeviceOptions { Mac = MacAddress.Default(1), QueueSize = 64 }, pairs));

    private static VirtioRig CreateFs(FakeBackend fake) =>
        new(c => new FsDevice(c, VhostUserRings.Connect(fake.Path, Limit), "share", 1, 64));

    private static int Count(FakeBackend fake, VhostUserRequest request) => Snapshot(fake).Count(r => r == request);

    // The fake adds from its own thread.
    private static VhostUserRequest[] Snapshot(FakeBackend fake)
    {
        while (true)
        {
            try
            {
                return [.. fake.Received.Select(r => r.Request)];
            }
            catch (InvalidOperationException)
            {
                Thread.Yield();
            }
        }
    }

    [Fact]
    public void Features_AreThoseOfBothSides_WithoutPackedRings()
    {
        using var fake = new FakeBackend { Features = BackendFeatures | VirtioFeatures.RingPacked };
        using VirtioRig rig = CreateNet(fake);
        ulong offered = rig.Registers.DeviceFeatures;
        Assert.Equal(0UL, offered & (VirtioFeatures.RingPacked | NetFeatures.GuestTso4 | NetFeatures.Checksum));
        const ulong Expected = RingFeatures | NetFeatures.MergeableReceiveBuffers | NetFeatures.ControlQueue | NetFeatures.Mac;
        Assert.Equal(Expected, offered & Expected);
    }

    [Fact]
    public void Rings_AreHandedOver_KicksAndCallsPass()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = CreateNet(fake);
        rig.Start(VirtioFeatures.EventIndex | NetFeatures.ControlQueue);
        rig.OnLoop(() => { });
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == 2, "two rings");
        rig.OnLoop(() => { });
        Assert.Equal(0, rig.Faults);
        byte[] features = fake.Received.Single(r => r.Request == VhostUserRequest.SetFeatures).Payload;
        Assert.Equal(
            VirtioFeatures.Version1 | VirtioFeatures.EventIndex | VhostUserBackend.ProtocolFeaturesBit,
            BinaryPrimitives.ReadUInt64LittleEndian(features));

        // Three regions, then call and kick of each ring.
        FileDescriptor call = fake.Descriptors[3];
        FileDescriptor kick = fake.Descriptors[4];
        Assert.True(TakeSignal(kick));
        rig.Kick(0);
        Assert.True(TakeSignal(kick));
        int interrupts = rig.Transport.QueueInterrupts;
        Give(call);
        Eventually.Holds(() => rig.Transport.QueueInterrupts > interrupts, "an interrupt");

        // The control queue is served here.
        DriverBuffer answer = rig.Buffer(1, true);
        rig.Submit(2, rig.Filled(1, 1, 2, 0, 0, 0, 0, 9), answer);
        rig.Reap(2);
    }

    [Fact]
    public void PauseAndResume_GoOnWhereTheBackendWas()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = CreateFs(fake);
        rig.Start(0);
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == 2, "two rings");
        rig.Device.Pause();
        Assert.Equal(2, Count(fake, VhostUserRequest.GetVringBase));
        rig.Device.Resume();
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == 4, "two rings again");
        rig.OnLoop(() => { });
        byte[][] bases = [.. fake.Received.Where(r => r.Request == VhostUserRequest.SetVringBase).Select(r => r.Payload)];
        Assert.Equal([0, 0, 0x1234, 0x1234], bases.Select(b => BinaryPrimitives.ReadInt32LittleEndian(b.AsSpan(4))));
        Assert.Equal(1, Count(fake, VhostUserRequest.SetMemoryTable));

        rig.ResetAsDriver();
        rig.Start(0);
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == 6, "two rings after a reset");
        rig.OnLoop(() => { });
        Assert.Equal(0, BinaryPrimitives.ReadInt32LittleEndian(fake.Received.Last(r => r.Request == VhostUserRequest.SetVringBase).Payload.AsSpan(4)));
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void MemoryAdded_IsHandedOver()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = CreateFs(fake);
        var device = (FsDevice)rig.Device;
        rig.Start(0);
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == 2, "two rings");
        device.UpdateMemory();
        rig.OnLoop(() => { });
        Assert.Equal(1, Count(fake, VhostUserRequest.SetMemoryTable));
        rig.Context.Memory.Replace(new GuestMemory([.. rig.Memory.Memory.Regions]));
        device.UpdateMemory();
        rig.OnLoop(() => { });
        Assert.Equal(2, Count(fake, VhostUserRequest.SetMemoryTable));
    }

    [Theory]
    [InlineData(VhostUserRequest.SetFeatures)]
    [InlineData(VhostUserRequest.SetMemoryTable)]
    [InlineData(VhostUserRequest.SetVringKick)]
    [InlineData(VhostUserRequest.SetVringEnable)]
    public void BackendThatDiesAtTheStart_FailsTheDeviceOnly(VhostUserRequest last)
    {
        using var fake = new FakeBackend { Features = BackendFeatures, Last = last };
        using VirtioRig rig = CreateNet(fake);
        rig.Start(0);
        Eventually.Holds(() => rig.Faults == 1, "a fault");
        Assert.IsType<VhostUserException>(rig.Fault);
        rig.OnLoop(() => { });
        Assert.False(((VhostNetDevice)rig.Device).IsLinkUp);
        rig.ResetAsDriver();
    }

    [Fact]
    public void BackendThatDiesWhileItWorks_FailsTheDeviceOnly()
    {
        // Without acknowledgements the front end does not wait, so the end is noticed by the hang-up.
        using var fake = new FakeBackend { Features = BackendFeatures, ProtocolFeatures = 1, Last = VhostUserRequest.SetVringEnable };
        using VirtioRig rig = CreateNet(fake);
        rig.Negotiate(NetFeatures.Status | NetFeatures.ControlQueue | NetFeatures.ControlMac);
        rig.AddQueue(1, 0, 64);
        rig.AddQueue(2, 0, 64);
        rig.Registers.WriteStatus(0x0f);
        Eventually.Holds(() => rig.Faults == 1, "a fault");
        rig.OnLoop(() => { });
        Assert.Equal(VirtioStatus.None, rig.Registers.Status & VirtioStatus.DeviceNeedsReset);
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
        Assert.False(((VhostNetDevice)rig.Device).IsLinkUp);
        byte[] status = new byte[2];
        Assert.True(rig.Registers.TryReadConfig(6, status));
        Assert.Equal([0, 0], status);

        // Linux' driver would wait for this answer for ever, and not in its sleep.
        DriverBuffer answer = rig.Buffer(1, true);
        rig.Submit(2, rig.Filled(1, 1, 2, 0, 0, 0, 0, 9), answer);
        rig.Reap(2);
        Assert.Equal(0, rig.Memory.Read(answer.Address, 1)[0]);

        // Pause, resume and reset still work, and a device started again has no cable.
        rig.Device.Pause();
        rig.Device.Resume();
        rig.ResetAsDriver();
        rig.Start(0);
        rig.OnLoop(() => { });
        Assert.False(((VhostNetDevice)rig.Device).IsLinkUp);
        Assert.Equal(1, rig.Faults);
    }

    [Theory]
    [InlineData(VhostUserRequest.SetFeatures)]
    [InlineData(VhostUserRequest.SetMemoryTable)]
    [InlineData(VhostUserRequest.SetVringKick)]
    [InlineData(VhostUserRequest.SetVringEnable)]
    public void FsBackendThatDies_LeavesEachRequestAnError(VhostUserRequest last)
    {
        using var fake = new FakeBackend { Features = BackendFeatures, ProtocolFeatures = 1, Last = last };
        using VirtioRig rig = CreateFs(fake);
        rig.Negotiate(0);
        RingDriver ring = rig.AddQueue(1, 0, 64);
        DriverBuffer early = rig.Buffer(24, true);
        Assert.True(ring.TrySubmit([Request(rig, 0x1122334455667788), early], out ushort first));
        ring.Publish();
        rig.Registers.WriteStatus(0x0f);
        Assert.Equal((first, 16u), rig.Reap(1));
        Assert.Equal(16, BinaryPrimitives.ReadInt32LittleEndian(rig.Memory.Read(early.Address, 16)));
        Assert.Equal(-ErrorNumber.ENOTCONN, BinaryPrimitives.ReadInt32LittleEndian(rig.Memory.Read(early.Address + 4, 4)));
        Assert.Equal(0x1122334455667788UL, BinaryPrimitives.ReadUInt64LittleEndian(rig.Memory.Read(early.Address + 8, 8)));

        // One that is forgotten has no room for an answer.
        ushort forgotten = rig.Submit(1, Request(rig, 2));
        Assert.Equal((forgotten, 0u), rig.Reap(1));
        Assert.Equal((1, 0), (rig.Faults, rig.Transport.ConfigInterrupts));
        Assert.Equal(VirtioStatus.None, rig.Registers.Status & VirtioStatus.DeviceNeedsReset);
        Assert.IsType<VhostUserException>(rig.Fault);

        rig.Device.Pause();
        ushort later = rig.Submit(1, Request(rig, 3), rig.Buffer(16, true));
        rig.Device.Resume();
        Assert.Equal((later, 16u), rig.Reap(1));

        rig.ResetAsDriver();
        rig.Start(0);
        rig.Submit(1, Request(rig, 4), rig.Buffer(16, true));
        Assert.Equal(16u, rig.Reap(1).Written);
        Assert.Equal(1, rig.Faults);
    }

    [Fact]
    public void BackendThatDoesNotStop_IsDisconnected()
    {
        using var fake = new FakeBackend { Features = BackendFeatures, Last = VhostUserRequest.GetVringBase };
        using VirtioRig rig = CreateFs(fake);
        rig.Start(0);
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == 2, "two rings");
        rig.Device.Pause();
        Assert.Equal(1, rig.Faults);
    }

    [Fact]
    public void MultiQueue_StartsPairsWhenAsked()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = CreateNet(fake, pairs: 2);
        rig.Start(NetFeatures.ControlQueue | NetFeatures.MultiQueue);
        Eventually.Holds(() => Count(fake, VhostUserRequest.SetVringEnable) == 2, "one pair");
        DriverBuffer answer = rig.Buffer(1, true);
        rig.Submit(4, rig.Filled(4, 0, 2, 0), answer);
        rig.Reap(4);
        Assert.Equal(0, rig.Memory.Read(answer.Address, 1)[0]);
        Assert.Equal(4, Count(fake, VhostUserRequest.SetVringEnable));
        rig.Submit(4, rig.Filled(4, 0, 1, 0), answer);
        rig.Reap(4);
        Assert.Equal(2, Count(fake, VhostUserRequest.GetVringBase));
        ((VhostNetDevice)rig.Device).SetLink(false);
        rig.OnLoop(() => { });
        Assert.Equal(4, Count(fake, VhostUserRequest.GetVringBase));
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Pairs_BeyondTheBackends_AreRefused()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        var e = Assert.Throws<ArgumentException>(() => CreateNet(fake, pairs: 5));
        Assert.EndsWith("has 4 pairs of queues, not 5", e.Message);
    }

    [Fact]
    public void Fs_ShowsTagAndQueues()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VirtioRig rig = CreateFs(fake);
        byte[] config = new byte[40];
        Assert.True(rig.Registers.TryReadConfig(0, config));
        Assert.Equal("share", Encoding.UTF8.GetString(config.AsSpan(0, 36)).TrimEnd('\0'));
        Assert.Equal(1, config[36]);
        Assert.Equal(VirtioDeviceType.FileSystem, rig.Device.Type);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0123456789012345678901234567890123456")]
    public void Fs_WithABadTag_IsRefused(string tag)
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VhostUserRings rings = VhostUserRings.Connect(fake.Path, Limit);
        Assert.Throws<ArgumentException>(() => new VirtioRig(c => new FsDevice(c, rings, tag)));
    }

    [Fact]
    public void PrivateMemory_IsRefusedAtOnce()
    {
        using var fake = new FakeBackend { Features = BackendFeatures };
        using VhostUserRings rings = VhostUserRings.Connect(fake.Path, Limit);
        using var region = new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x10000, "test"));
        var memory = new GuestMemoryMap(new GuestMemory([region]));
        var e = Assert.Throws<VhostUserException>(() => new VirtioRig(c => new FsDevice(c with { Memory = memory }, rings, "share")));
        Assert.Contains("needs shared guest memory", e.Message);
    }

    [Fact]
    public void VhostNet_MissingOnTheHost_IsAnErrorOnlyWhenItIsAMust()
    {
        Assert.SkipWhen(KernelNetRings.IsAvailable, "this host has vhost-net");
        var options = new NetDeviceOptions { Mac = MacAddress.Default(1) };
        TapInterface tap;
        try
        {
            tap = TapInterface.Open(new TapOptions { Name = "lvtest%d", BringUp = false });
        }
        catch (HostException)
        {
            Assert.Skip("needs /dev/net/tun and the right to make interfaces");
            return;
        }

        using (var rig = new VirtioRig(c => NetDeviceFactory.Create(c, tap, options, vhost: null)))
        {
            Assert.IsType<NetDevice>(rig.Device);
        }

        tap = TapInterface.Open(new TapOptions { Name = "lvtest%d", BringUp = false });
        var e = Assert.Throws<HostException>(() => new VirtioRig(c => NetDeviceFactory.Create(c, tap, options, vhost: true)));
        Assert.StartsWith($"cannot open /dev/vhost-net for {tap.Name}:", e.Message);
    }

    private static DriverBuffer Request(VirtioRig rig, ulong unique)
    {
        byte[] header = new byte[40];
        header[0] = 40;
        header[4] = 3;
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), unique);
        return rig.Filled(header);
    }

    private static unsafe bool TakeSignal(FileDescriptor descriptor)
    {
        ulong count;
        return Libc.read(descriptor, &count, 8) == 8;
    }

    private static unsafe void Give(FileDescriptor descriptor)
    {
        ulong one = 1;
        Assert.Equal(8, Libc.write(descriptor, &one, 8));
    }
}
