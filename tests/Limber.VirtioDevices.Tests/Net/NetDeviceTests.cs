using System;
using System.Linq;
using System.Threading;
using Limber.Device.RateLimits;
using Limber.Interop;
using Limber.Net;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Net;
using Limber.VirtioDevices.Tests.Fakes;

namespace Limber.VirtioDevices.Tests.Net;

public sealed class NetDeviceTests : IDisposable
{
    private const int Receive = 0;
    private const int Send = 1;
    private VirtioRig? rig;

    public void Dispose() => rig?.Dispose();

    private static NetDeviceOptions Options => new() { Mac = new MacAddress(0x0200_0000_0042) };

    private NetDevice Device => (NetDevice)rig!.Device;

    private VirtioRig Start(FakeNetBackend? backend, ulong features = 0, NetDeviceOptions? options = null, int loops = 1, int size = 64)
    {
        rig = new VirtioRig(c => new NetDevice(c, backend, options ?? Options), loops);
        rig.Start(features, size);
        rig.OnLoop(() => { });
        return rig;
    }

    private byte Control(int queue, params byte[] command)
    {
        DriverBuffer answer = rig!.Buffer(1, true);
        rig.Submit(queue, rig.Filled(command), answer);
        Assert.Equal(1u, rig.Reap(queue).Written);
        return rig.Memory.Read(answer.Address, 1)[0];
    }

    private static byte[] Frame(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i < 12 ? 0 : i & 0xff))];

    [Fact]
    public void Send_PassesHeaderAndFrameInPieces()
    {
        var backend = new FakeNetBackend { Records = true };
        Start(backend);
        byte[] frame = Frame(100);
        rig!.Submit(Send, rig.Filled(frame[..12]), rig.Filled(frame[12..50]), rig.Filled(frame[50..]));
        rig.Reap(Send);
        Assert.Equal(frame, Assert.Single(backend.Sent).Frame);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(25)]
    public void Send_TooShort_IsGivenBackAndNotSent(int length)
    {
        var backend = new FakeNetBackend();
        Start(backend);
        rig!.Submit(Send, rig.Filled(new byte[length]));
        rig.Reap(Send);
        Assert.Equal(0, backend.SentCount);
        Assert.Single(rig.Log.Oddities);
        Assert.Equal(0x0f, (int)rig.Registers.Status);
    }

    [Fact]
    public void Send_WhenTheHostHasNoRoom_WaitsUntilItHas()
    {
        var backend = new FakeNetBackend { Records = true };
        backend.Block();
        Start(backend);
        rig!.Submit(Send, rig.Filled(Frame(60)));
        rig.OnLoop(() => { });
        rig.Device.Pause();
        rig.Device.Resume();
        rig.OnLoop(() => { });
        Assert.False(rig[Send].TryReap(out _, out _));
        backend.Unblock();
        rig.Reap(Send);
        Assert.Equal(1, backend.SentCount);
    }

    [Theory]
    [InlineData(22)]
    [InlineData(5)]
    [InlineData(105)]
    public void Send_OfOneFrameRefused_LosesThatFrameOnly(int error)
    {
        var backend = new FakeNetBackend { SendError = -error };
        Start(backend);
        rig!.Submit(Send, rig.Filled(Frame(60)));
        rig.Reap(Send);
        backend.Unblock();
        rig.Submit(Send, rig.Filled(Frame(60)));
        rig.Reap(Send);
        Assert.Equal(1, backend.SentCount);
        Assert.True(Device.IsLinkUp);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeatures.RingPacked)]
    public void Receive_IntoMergeableBuffers_CountsThem(ulong ring)
    {
        var backend = new FakeNetBackend { Frame = Frame(3000) };
        Start(backend, ring | NetFeatures.MergeableReceiveBuffers, size: 16);
        DriverBuffer[] buffers = [.. Enumerable.Range(0, 8).Select(_ => rig!.Buffer(1526, true))];
        foreach (DriverBuffer buffer in buffers)
        {
            rig!.Submit(Receive, buffer);
        }

        backend.Offer(2);
        for (int i = 0; i < 4; i += 2)
        {
            Assert.Equal(1526u, rig!.Reap(Receive).Written);
            Assert.Equal(1474u, rig.Reap(Receive).Written);
            Assert.Equal(2, rig.Memory.Read(buffers[i].Address, 12)[10]);
            Assert.Equal(Frame(3000)[1526..], rig.Memory.Read(buffers[i + 1].Address, 1474));
        }

        rig!.OnLoop(() => { });
        Assert.False(rig[Receive].TryReap(out _, out _));
        Assert.Empty(rig.Log.Oddities);
    }

    [Fact]
    public void Receive_WithLargeFramesButFewBuffers_GoesOnAfterSomePatience()
    {
        var backend = new FakeNetBackend { Frame = Frame(2000) };
        Start(backend, NetFeatures.MergeableReceiveBuffers | NetFeatures.GuestChecksum | NetFeatures.GuestTso4);
        rig!.Submit(Receive, rig.Buffer(1526, true));
        rig.Submit(Receive, rig.Buffer(1526, true));
        backend.Offer(1);
        Assert.Equal(1526u, rig.Reap(Receive).Written);
        Assert.Equal(474u, rig.Reap(Receive).Written);
    }

    [Fact]
    public void Receive_OfAFrameThatDoesNotFit_LosesIt()
    {
        var backend = new FakeNetBackend { Frame = Frame(2000) };
        Start(backend);
        rig!.Submit(Receive, rig.Buffer(1526, true));
        backend.Offer(1);
        Eventually.Holds(() => backend.Receives >= 2, "the frame taken");
        rig.OnLoop(() => backend.Frame = Frame(1526));
        backend.Offer(1);
        Assert.Equal(1526u, rig.Reap(Receive).Written);
    }

    [Fact]
    public void Receive_WithoutBuffers_WaitsForTheDriverWithoutSpinning()
    {
        var backend = new FakeNetBackend();
        Start(backend);
        backend.Offer(3);
        for (int i = 0; i < 20; i++)
        {
            rig!.OnLoop(() => { });
        }

        Assert.Equal(0, backend.Receives);
        rig!.Submit(Receive, rig.Buffer(2000, true));
        Assert.Equal(72u, rig.Reap(Receive).Written);
    }

    [Fact]
    public void Receive_IntoABufferThatIsTooSmall_GivesItBackEmpty()
    {
        var backend = new FakeNetBackend();
        backend.Offer(1);
        Start(backend);
        rig!.Submit(Receive, rig.Buffer(20, true));
        Assert.Equal(0u, rig.Reap(Receive).Written);
        rig.Submit(Receive, rig.Filled(new byte[8]), rig.Buffer(2000, true));
        Assert.Equal(0u, rig.Reap(Receive).Written);
        rig.Submit(Receive, rig.Buffer(2000, true));
        Assert.Equal(72u, rig.Reap(Receive).Written);
        Assert.Equal(2, rig.Log.Oddities.Length);
    }

    [Theory]
    [InlineData(77, true)]
    [InlineData(77, false)]
    public void BackendFailure_TakesTheLinkDownOnceAndForGood(int error, bool sending)
    {
        var backend = new FakeNetBackend();
        Start(backend, NetFeatures.Status);
        int failures = 0;
        HostException? reason = null;
        Device.BackendFailed += (_, e) =>
        {
            reason = e;
            Interlocked.Increment(ref failures);
        };
        if (sending)
        {
            backend.SendError = -error;
            rig!.Submit(Send, rig.Filled(Frame(60)));
            rig.Reap(Send);
        }
        else
        {
            backend.ReceiveError = -error;
            rig!.Submit(Receive, rig.Buffer(2000, true));
        }

        Eventually.Holds(() => !Device.IsLinkUp && Volatile.Read(ref failures) == 1, "the link down");
        Assert.Equal(error, reason!.ErrorNumber);
        Assert.Contains("fake0", reason.Message);
        Assert.Equal(0, Status());
        Assert.Equal(1, rig!.Transport.ConfigInterrupts);
        Device.SetLink(true);
        Assert.False(Device.IsLinkUp);

        // What is sent from here on is lost, and the device goes on.
        rig.Submit(Send, rig.Filled(Frame(60)));
        rig.Reap(Send);
        rig.OnLoop(() => { });
        Assert.Equal(1, Volatile.Read(ref failures));
        Assert.Equal(0x0f, (int)rig.Registers.Status);
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Link_Pulled_LosesWhatIsSentAndKeepsWhatArrives()
    {
        var backend = new FakeNetBackend();
        Start(backend, NetFeatures.Status);
        Assert.Equal(1, Status());
        Device.SetLink(false);
        rig!.Submit(Receive, rig.Buffer(2000, true));
        rig.Submit(Send, rig.Filled(Frame(60)));
        rig.Reap(Send);
        backend.Offer(1);
        rig.OnLoop(() => { });
        Assert.Equal((0, 0, 0), (Status(), backend.SentCount, backend.Receives));
        Device.SetLink(true);
        rig.Reap(Receive);
        Assert.Equal(2, rig.Transport.ConfigInterrupts);
    }

    [Fact]
    public void Device_WithoutBackend_HasNoLinkAndWorks()
    {
        Start(null, NetFeatures.Status);
        rig!.Submit(Send, rig.Filled(Frame(60)));
        rig.Reap(Send);
        Assert.Equal(0, Status());
    }

    [Fact]
    public void Control_Commands_AreCarriedOutOrRefused()
    {
        const ulong Features = NetFeatures.ControlQueue | NetFeatures.ControlReceive | NetFeatures.ControlMac
            | NetFeatures.ControlGuestOffloads | NetFeatures.GuestChecksum | NetFeatures.GuestTso4;
        var backend = new FakeNetBackend();
        Start(backend, Features);
        Assert.Equal(TapOffloads.Checksum | TapOffloads.Tcp4, backend.Offloads);

        Assert.Equal(0, Control(2, 0, 0, 1));
        Assert.Equal(1, Control(2, 0, 6, 1));
        Assert.Equal(0, Control(2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        Assert.Equal(0, Control(2, 1, 1, 2, 0, 0, 0, 0, 9));
        Assert.Equal(1, Control(2, 1, 1, 2));
        byte[] mac = new byte[6];
        Assert.True(rig!.Registers.TryReadConfig(0, mac));
        Assert.Equal([2, 0, 0, 0, 0, 9], mac);
        Assert.Equal(0, Control(2, 5, 0, 2, 0, 0, 0, 0, 0, 0, 0));
        Assert.Equal(TapOffloads.Checksum, backend.Offloads);
        Assert.Equal(1, Control(2, 5, 0, 0x80, 0, 0, 0, 0, 0, 0, 0));
        Assert.Equal(1, Control(2, 5, 0, 2, 4, 0, 0, 0, 0, 0, 0));
        Assert.Equal(1, Control(2, 4, 0, 1, 0));
        Assert.Equal(1, Control(2, 99, 0, 1));

        rig.ResetAsDriver();
        Assert.True(rig.Registers.TryReadConfig(0, mac));
        Assert.Equal([2, 0, 0, 0, 0, 0x42], mac);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void MultiQueue_UsesOnePairUntilAsked(int loops)
    {
        var backend = new FakeNetBackend(4) { Records = true };
        Start(backend, NetFeatures.ControlQueue | NetFeatures.MultiQueue, loops: loops);
        Assert.Equal(1, Device.ActivePairs);
        rig!.Submit(7, rig.Filled(Frame(60)));
        rig.Reap(7);
        Assert.Equal(0, Control(8, 4, 0, 4, 0));
        Assert.Equal(4, backend.ActivePairs);
        rig.Submit(7, rig.Filled(Frame(60)));
        rig.Reap(7);
        Assert.Equal(3, Assert.Single(backend.Sent).Pair);
        Assert.Equal(1, Control(8, 4, 0, 5, 0));
        Assert.Equal(1, Control(8, 4, 0, 0, 0));
        rig.ResetAsDriver();
        rig.Start(NetFeatures.ControlQueue);
        rig.OnLoop(() => { });
        Assert.Equal(1, Device.ActivePairs);
        Assert.Equal(1, Control(2, 4, 0, 2, 0));
    }

    [Fact]
    public void RateLimit_DelaysAndGoesOn()
    {
        var backend = new FakeNetBackend();
        var limit = new TokenBucketLimit(2, 0, TimeSpan.FromMilliseconds(4));
        Start(backend, options: Options with { SendLimiter = new RateLimiter(null, limit), ReceiveLimiter = new RateLimiter(null, limit) });
        backend.Offer(10);
        for (int i = 0; i < 10; i++)
        {
            rig!.Submit(Send, rig.Filled(Frame(60)));
            rig.Submit(Receive, rig.Buffer(100, true));
        }

        for (int i = 0; i < 10; i++)
        {
            rig!.Reap(Send);
            Assert.Equal(72u, rig.Reap(Receive).Written);
        }
    }

    [Fact]
    public void Features_FollowOptionsBackendAndRules()
    {
        Start(new FakeNetBackend(), options: Options with { TcpOffload = false, Mtu = 1400 });
        ulong offered = rig!.Registers.DeviceFeatures;
        Assert.Equal(0UL, offered & (NetFeatures.GuestTso4 | NetFeatures.HostTso6 | NetFeatures.MultiQueue));
        Assert.NotEqual(0UL, offered & NetFeatures.Mtu & NetFeatures.Mtu);
        Assert.NotEqual(0UL, offered & NetFeatures.HostUfo);
        byte[] mtu = new byte[2];
        Assert.True(rig.Registers.TryReadConfig(10, mtu));
        Assert.Equal(1400, BitConverter.ToUInt16(mtu));
        rig.ResetAsDriver();
        rig.Registers.WriteStatus(3);
        rig.Registers.DriverFeatures = VirtioFeatures.Version1 | NetFeatures.GuestUfo;
        rig.Registers.WriteStatus(0x0b);
        Assert.Equal(VirtioStatus.None, rig.Registers.Status & VirtioStatus.FeaturesOk);
    }

    [Theory]
    [InlineData(67, 2UL)]
    [InlineData(65536, 2UL)]
    [InlineData(1500, 0x0100_0000_0001UL)]
    public void Options_OutOfBounds_AreRefused(int mtu, ulong mac) => Assert.Throws<ArgumentException>(
        () => Start(new FakeNetBackend(), options: new NetDeviceOptions { Mac = new MacAddress(mac), Mtu = mtu }));

    [Fact]
    public void Dispose_ClosesTheBackend()
    {
        var backend = new FakeNetBackend();
        Start(backend);
        rig!.Device.Dispose();
        Assert.True(backend.IsDisposed);
    }

    private int Status()
    {
        byte[] status = new byte[2];
        Assert.True(rig!.Registers.TryReadConfig(6, status));
        return BitConverter.ToUInt16(status);
    }
}
