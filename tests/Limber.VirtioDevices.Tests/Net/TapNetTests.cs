using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Limber.Interop;
using Limber.Net;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Net;

namespace Limber.VirtioDevices.Tests.Net;

/// <summary>With interfaces of this host's kernel, made and gone with the test.</summary>
public sealed class TapNetTests
{
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;

    // 198.51.100.0/24 is reserved for documentation, so it is nobody's network.
    private static readonly IPAddress HostAddress = IPAddress.Parse("198.51.100.1");
    private static readonly IPAddress GuestAddress = IPAddress.Parse("198.51.100.2");
    private static readonly IPAddress Netmask = IPAddress.Parse("255.255.255.0");
    private static readonly MacAddress Mac = new(0x0200_0000_0077);

    public TapNetTests() => Assert.SkipUnless(CanOpen(), "needs /dev/net/tun and the right to make interfaces");

    private static bool CanOpen()
    {
        try
        {
            using TapInterface tap = TapInterface.Open(new TapOptions { Name = "lvtest%d", BringUp = false });
            return true;
        }
        catch (HostException)
        {
            return false;
        }
    }

    private static TapInterface Open(int queues = 1) => TapInterface.Open(
        new TapOptions { Name = "lvtest%d", Address = HostAddress, Netmask = Netmask, Queues = queues });

    private static VirtioRig CreateRig(TapInterface tap) =>
        new(c => new NetDevice(c, new TapNetBackend(tap), new NetDeviceOptions { Mac = Mac }));

    private static Socket CreateSocket(TapInterface tap)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(tap.Name));
        socket.Bind(new IPEndPoint(HostAddress, 0));
        return socket;
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(NetFeatures.MergeableReceiveBuffers)]
    [InlineData(NetFeatures.MergeableReceiveBuffers | NetFeatures.GuestChecksum | NetFeatures.GuestTso4 | NetFeatures.GuestTso6)]
    public void Udp_GoesToTheGuestAndBack(ulong features)
    {
        using TapInterface tap = Open();
        using VirtioRig rig = CreateRig(tap);
        using Socket socket = CreateSocket(tap);
        rig.Start(features);
        DriverBuffer[] buffers = new DriverBuffer[60];
        for (int i = 0; i < buffers.Length; i++)
        {
            buffers[i] = rig.Buffer(1526, true);
            rig.Submit(0, buffers[i]);
        }

        socket.SendTo("hello"u8, new IPEndPoint(GuestAddress, 9));
        int next = 0;
        byte[] request = ReceiveUntil(rig, buffers, ref next, 0x0806);
        byte[] reply = new byte[54];
        MakeArpReply(request.AsSpan(12, 42), reply.AsSpan(12));
        rig.Submit(1, rig.Filled(reply));
        rig.Reap(1);

        byte[] datagram = ReceiveUntil(rig, buffers, ref next, 0x0800);
        Assert.Equal("hello"u8.ToArray(), datagram[(12 + 14 + 28)..(12 + 14 + 28 + 5)]);

        // The way back, as the guest would answer: addresses and ports exchanged, no UDP checksum.
        rig.Submit(1, rig.Filled(Turn(datagram[..(12 + 14 + 28 + 5)])));
        rig.Reap(1);
        byte[] answer = new byte[16];
        socket.ReceiveTimeout = 20_000;
        Assert.Equal(5, socket.Receive(answer));
        Assert.Equal("hello"u8.ToArray(), answer[..5]);
        Assert.Equal(0, rig.Faults);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Interface_Deleted_TakesTheLinkDown(bool withBuffers)
    {
        using TapInterface tap = Open();
        using VirtioRig rig = CreateRig(tap);
        var device = (NetDevice)rig.Device;
        int failures = 0;
        device.BackendFailed += (_, _) => Interlocked.Increment(ref failures);
        rig.Start(NetFeatures.Status);
        if (withBuffers)
        {
            rig.Submit(0, rig.Buffer(2000, true));
        }

        rig.OnLoop(() => { });
        Delete(tap.Name);
        Eventually.Holds(() => !device.IsLinkUp, "the link down");
        rig.OnLoop(() => { });
        rig.Submit(1, rig.Filled(new byte[80]));
        rig.Reap(1);
        rig.ResetAsDriver();
        rig.Start(NetFeatures.Status);
        rig.OnLoop(() => { });
        Assert.Equal(1, Volatile.Read(ref failures));
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Interface_NotUp_LosesFramesOnly()
    {
        using TapInterface tap = TapInterface.Open(new TapOptions { Name = "lvtest%d", BringUp = false });
        using VirtioRig rig = CreateRig(tap);
        rig.Start(0);
        rig.Submit(1, rig.Filled(new byte[80]));
        rig.Reap(1);
        Assert.True(((NetDevice)rig.Device).IsLinkUp);
    }

    [Fact]
    public void Headers_AtRandom_HurtNobody()
    {
        using TapInterface tap = Open();
        using VirtioRig rig = CreateRig(tap);
        rig.Start(0);
        var random = new Random(5);
        for (int i = 0; i < 5000; i++)
        {
            byte[] frame = new byte[random.Next(26, 300)];
            random.NextBytes(frame);
            rig.Memory.Forget();
            DriverBuffer buffer = new(new(0x10_0000), frame.Length, false);
            rig.Memory.Write(buffer.Address, frame);
            rig.Submit(1, buffer);
            rig.Reap(1);
        }

        Assert.True(((NetDevice)rig.Device).IsLinkUp);
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Queues_PutOutOfUseAndBack_GoOn()
    {
        using TapInterface tap = Open(queues: 3);
        using VirtioRig rig = CreateRig(tap);
        rig.Start(NetFeatures.ControlQueue | NetFeatures.MultiQueue);
        for (int i = 0; i < 3; i++)
        {
            rig.Submit(2 * i, rig.Buffer(2000, true));
        }

        DriverBuffer answer = rig.Buffer(1, true);
        for (int round = 0; round < 40; round++)
        {
            rig.Submit(6, rig.Filled(4, 0, (byte)((round % 3) + 1), 0), answer);
            Assert.Equal(1u, rig.Reap(6).Written);
            Assert.Equal(0, rig.Memory.Read(answer.Address, 1)[0]);
            rig.Submit(5, rig.Filled(new byte[80]));
            rig.Reap(5);
        }

        Assert.True(((NetDevice)rig.Device).IsLinkUp);
        Assert.Equal(0, rig.Faults);
    }

    private static void Delete(string name)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", ["link", "delete", name]) { RedirectStandardError = true });
        Assert.SkipWhen(ip is null, "needs ip(8)");
        ip.WaitForExit();
        Assert.Equal(0, ip.ExitCode);
    }

    // The kernel says other things as well when an interface comes up.
    private static byte[] ReceiveUntil(VirtioRig rig, DriverBuffer[] buffers, ref int next, int etherType)
    {
        while (true)
        {
            uint written = rig.Reap(0).Written;
            byte[] frame = rig.Memory.Read(buffers[next].Address, (int)written);
            Assert.Equal([1, 0], frame[10..12]);
            next++;
            if (((frame[24] << 8) | frame[25]) == etherType)
            {
                return frame;
            }
        }
    }

    private static byte[] Turn(byte[] frame)
    {
        byte[] turned = (byte[])frame.Clone();
        turned.AsSpan(0, 12).Clear();
        frame.AsSpan(12, 6).CopyTo(turned.AsSpan(18));
        frame.AsSpan(18, 6).CopyTo(turned.AsSpan(12));
        frame.AsSpan(38, 4).CopyTo(turned.AsSpan(42));
        frame.AsSpan(42, 4).CopyTo(turned.AsSpan(38));
        frame.AsSpan(46, 2).CopyTo(turned.AsSpan(48));
        frame.AsSpan(48, 2).CopyTo(turned.AsSpan(46));
        turned.AsSpan(52, 2).Clear();
        return turned;
    }

    private static void MakeArpReply(ReadOnlySpan<byte> request, Span<byte> reply)
    {
        Span<byte> station = stackalloc byte[6];
        Mac.CopyTo(station);
        request.CopyTo(reply);
        request.Slice(6, 6).CopyTo(reply);
        station.CopyTo(reply[6..]);
        reply[21] = 2;
        station.CopyTo(reply[22..]);
        request.Slice(38, 4).CopyTo(reply[28..]);
        request.Slice(22, 10).CopyTo(reply[32..]);
    }
}
