using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Limber.Interop;

namespace Limber.Net.Tests;

/// <summary>With interfaces of this host's kernel, made and gone with the test.</summary>
public sealed class TapInterfaceTests
{
    private const int Again = 11;
    private const int BufferSize = 2048;
    private const int SolSocket = 1;
    private const int SoBindToDevice = 25;
    private const int PatienceMilliseconds = 20_000;

    // 192.0.2.0/24 is reserved for documentation, so it is nobody's network.
    private static readonly IPAddress HostAddress = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Netmask = IPAddress.Parse("255.255.255.0");

    public TapInterfaceTests() => Assert.SkipUnless(CanOpen(), "needs /dev/net/tun and the right to make interfaces");

    private static bool CanOpen()
    {
        try
        {
            using TapInterface tap = TapInterface.Open(new TapOptions { Name = "ltest%d", BringUp = false });
            return true;
        }
        catch (HostException)
        {
            return false;
        }
    }

    [Fact]
    public void Open_MakesAndConfiguresTheInterface_AndDisposeRemovesIt()
    {
        string name;
        using (TapInterface tap = TapInterface.Open(new TapOptions
        {
            Name = "ltest%d",
            Address = HostAddress,
            Netmask = Netmask,
            Mtu = 1400,
            HostMac = new MacAddress(0x0200_0000_0001UL),
        }))
        {
            name = tap.Name;
            Assert.StartsWith("ltest", name);
            NetworkInterface found = NetworkInterface.GetAllNetworkInterfaces().Single(i => i.Name == name);
            Assert.Equal("020000000001", found.GetPhysicalAddress().ToString());
            Assert.Equal("1400", File.ReadAllText($"/sys/class/net/{name}/mtu").Trim());
            Assert.Contains(found.GetIPProperties().UnicastAddresses, a => a.Address.Equals(HostAddress) && a.IPv4Mask.Equals(Netmask));
        }

        Assert.False(Directory.Exists($"/sys/class/net/{name}"));
    }

    [Fact]
    public unsafe void ReadAndWrite_CarryFramesWithTheirHeaders()
    {
        using TapInterface tap = TapInterface.Open(new TapOptions { Name = "ltest%d", Address = HostAddress, Netmask = Netmask });
        byte* buffer = stackalloc byte[BufferSize];
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        // Whatever else the host routes.
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(tap.Name));
        socket.SendTo("hello"u8, new IPEndPoint(IPAddress.Parse("192.0.2.2"), 9));
        int length = ReadUntil(tap, buffer, 0x0806);

        // The host asks who has 192.0.2.2; an answer with a header in a piece of its own teaches it.
        Assert.Equal(TapInterface.HeaderSize + 42, length);
        byte* reply = stackalloc byte[42];
        MakeArpReply(buffer + TapInterface.HeaderSize, reply);
        byte* header = stackalloc byte[TapInterface.HeaderSize];
        new Span<byte>(header, TapInterface.HeaderSize).Clear();
        Assert.Equal(TapInterface.HeaderSize + 42, tap.Write(0, [new((nint)header, TapInterface.HeaderSize), new((nint)reply, 42)]));

        length = ReadUntil(tap, buffer, 0x0800);
        Assert.True(new ReadOnlySpan<byte>(buffer, length).EndsWith("hello"u8));
    }

    [Fact]
    public unsafe void Read_OfAQuietInterface_SaysTryAgain()
    {
        using TapInterface tap = TapInterface.Open(new TapOptions { Name = "ltest%d", BringUp = false });
        byte* buffer = stackalloc byte[BufferSize];
        Assert.Equal(-Again, tap.Read(0, [new IoVector((nint)buffer, BufferSize)]));
    }

    [Fact]
    public void Open_WithQueues_GivesEachADescriptor()
    {
        using TapInterface tap = TapInterface.Open(new TapOptions { Name = "ltest%d", Queues = 4, BringUp = false });
        Assert.Equal(4, tap.Queues.Select(q => q.Number).Distinct().Count());
        tap.SetActiveQueues(2);
        Assert.True(tap.SetOffloads(TapOffloads.Checksum | TapOffloads.Tcp4 | TapOffloads.Tcp6));
    }

    [Fact]
    public void Open_WithANameThatIsTaken_NamesIt()
    {
        using TapInterface tap = TapInterface.Open(new TapOptions { Name = "ltest%d", BringUp = false });
        var e = Assert.Throws<HostException>(() => TapInterface.Open(new TapOptions { Name = tap.Name, BringUp = false }));
        Assert.Equal($"cannot open the tap interface {tap.Name}: Device or resource busy", e.Message);
    }

    [Fact]
    public void FromDescriptors_OfSomethingElse_IsRefusedAndStaysOpen()
    {
        int fd = Libc.open("/dev/null", Libc.O_RDWR, 0);
        Assert.Throws<HostException>(() => TapInterface.FromDescriptors([fd]));
        Assert.Equal(0, Libc.close(fd));
        Assert.Contains("is no tap", Assert.Throws<HostException>(() => TapInterface.FromDescriptors([fd])).Message);
    }

    [Fact]
    public unsafe void Share_HasTheSameFrames_ButNotOlderOnes_AndKeepsTheInterface()
    {
        byte* buffer = stackalloc byte[BufferSize];
        TapInterface tap = TapInterface.Open(new TapOptions { Name = "ltest%d", Address = HostAddress, Netmask = Netmask });
        string name = tap.Name;
        Broadcast(name, "older");
        using TapInterface shared = tap.Share();
        tap.Dispose();
        Broadcast(name, "newer");
        int length = ReadUntil(shared, buffer, 0x0800);
        Assert.True(new ReadOnlySpan<byte>(buffer, length).EndsWith("newer"u8));
        Assert.True(Directory.Exists($"/sys/class/net/{name}"));
        shared.Dispose();
        Assert.False(Directory.Exists($"/sys/class/net/{name}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sixteen-letters!")]
    public void Open_WithABadName_IsRefused(string name) =>
        Assert.Throws<ArgumentException>(() => TapInterface.Open(new TapOptions { Name = name }));

    // The kernel says other things as well when an interface comes up.
    private static unsafe int ReadUntil(TapInterface tap, byte* buffer, int etherType)
    {
        PollDescriptor poll = new() { fd = tap.Queues[0].Number, events = PollDescriptor.POLLIN };
        while (Libc.poll(&poll, 1, PatienceMilliseconds) == 1)
        {
            int length = tap.Read(0, [new IoVector((nint)buffer, BufferSize)]);
            Assert.True(length > TapInterface.HeaderSize, $"{length}");
            if (((buffer[TapInterface.HeaderSize + 12] << 8) | buffer[TapInterface.HeaderSize + 13]) == etherType)
            {
                return length;
            }
        }

        Assert.Fail($"no frame of type {etherType:x4}");
        return 0;
    }

    private static void Broadcast(string device, string text)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { EnableBroadcast = true };
        socket.SetRawSocketOption(SolSocket, SoBindToDevice, Encoding.ASCII.GetBytes(device));
        socket.SendTo(Encoding.ASCII.GetBytes(text), new IPEndPoint(IPAddress.Parse("192.0.2.255"), 9));
    }

    private static unsafe void MakeArpReply(byte* request, byte* reply)
    {
        ReadOnlySpan<byte> station = [0x02, 0, 0, 0, 0, 0x77];
        var q = new ReadOnlySpan<byte>(request, 42);
        var r = new Span<byte>(reply, 42);
        q.CopyTo(r);
        q.Slice(6, 6).CopyTo(r);
        station.CopyTo(r[6..]);
        r[21] = 2;
        station.CopyTo(r[22..]);
        q.Slice(38, 4).CopyTo(r[28..]);
        q.Slice(22, 10).CopyTo(r[32..]);
    }
}
