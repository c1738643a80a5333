using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Limber.Chardev;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioDevices.Vsock;

namespace Limber.VirtioDevices.Tests.Vsock;

public sealed class VsockDeviceTests
{
    private const uint Both = VsockHeader.NoReceive | VsockHeader.NoSend;

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 7) & 0xff))];

    [Theory]
    [InlineData(0UL)]
    [InlineData(VirtioFeatures.RingPacked | VirtioFeatures.EventIndex)]
    public void HostProgram_Connects_AndBytesFlowBothWays(ulong features)
    {
        using var guest = new VsockGuest(features);
        (Socket socket, uint port) = guest.Open();
        using Socket own = socket;
        socket.Send("to the guest"u8);
        (VsockHeader header, byte[] payload) = guest.Receive();
        Assert.Equal((VsockOperation.Data, port, 1024u), (header.Operation, header.SourcePort, header.DestinationPort));
        Assert.Equal("to the guest", Encoding.ASCII.GetString(payload));
        guest.Send(VsockOperation.Data, 1024, port, "to the host"u8.ToArray());
        Assert.Equal("to the host", VsockGuest.Read(socket, 11));
        Assert.Empty(guest.Rig.Log.Oddities);
        Assert.Equal(0, guest.Rig.Faults);
    }

    // A guest may remember a connection of the device before.
    [Fact]
    public void NextDevice_BeginsWithAnotherPortOfTheHost()
    {
        uint[] ports = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            using var guest = new VsockGuest();
            (Socket socket, uint port) = guest.Open();
            socket.Dispose();
            return port;
        })];
        Assert.All(ports, p => Assert.InRange(p, 1u << 30, (1u << 31) - 1));
        Assert.NotEqual(ports[0], ports[1]);
    }

    [Fact]
    public void BytesBehindTheConnectLine_ReachTheGuest()
    {
        using var guest = new VsockGuest();
        using Socket socket = guest.Connect("CONN");
        socket.Send("ECT 7\nearly"u8);
        VsockHeader request = guest.Receive(VsockOperation.Request);
        Assert.Equal(7u, request.DestinationPort);
        guest.Send(VsockOperation.Response, 7, request.SourcePort);
        Assert.Equal("early", Encoding.ASCII.GetString(guest.Receive().Payload));
    }

    [Theory]
    [InlineData("CONNECT \n")]
    [InlineData("CONNECT 4294967296\n")]
    [InlineData("CONNECT 1x\n")]
    [InlineData("connect 1\n")]
    [InlineData("\n")]
    [InlineData("this line is longer than any that makes sense")]
    public void HostProgram_ThatTalksNonsense_IsHungUpOn(string line)
    {
        using var guest = new VsockGuest();
        using Socket socket = guest.Connect(line);
        Assert.Equal(0, ReceiveEnd(socket));
        Assert.Equal(0, guest.Connections());
    }

    [Fact]
    public void GuestThatRefuses_ClosesTheHostsSocket()
    {
        using var guest = new VsockGuest();
        using Socket socket = guest.Connect();
        VsockHeader request = guest.Receive(VsockOperation.Request);
        guest.Send(VsockOperation.Reset, 1024, request.SourcePort);
        Assert.Equal(0, ReceiveEnd(socket));
        Assert.Equal(0, guest.Connections());
    }

    [Fact]
    public void GuestThatDoesNotAnswer_IsGivenUp()
    {
        using var guest = new VsockGuest(requestLimit: TimeSpan.FromMilliseconds(2));
        using Socket socket = guest.Connect();
        VsockHeader request = guest.Receive(VsockOperation.Request);
        Assert.Equal(0, ReceiveEnd(socket));
        Assert.Equal(request.SourcePort, guest.Receive(VsockOperation.Reset).SourcePort);
        Assert.Equal(0, guest.Connections());
    }

    [Fact]
    public void HostProgramThatGivesUp_ResetsTheRequest()
    {
        using var guest = new VsockGuest();
        Socket socket = guest.Connect();
        guest.Receive(VsockOperation.Request);
        socket.Dispose();
        guest.Receive(VsockOperation.Reset);
        Assert.Equal(0, guest.Connections());
    }

    [Fact]
    public void GuestProgram_Connects_ToThePathOfThePort()
    {
        using var guest = new VsockGuest();
        using Socket listener = guest.Listen(5000);
        guest.Send(VsockOperation.Request, 777, 5000);
        VsockHeader response = guest.Receive(VsockOperation.Response);
        Assert.Equal((5000u, 777u), (response.SourcePort, response.DestinationPort));
        using Socket socket = listener.Accept();
        guest.Send(VsockOperation.Data, 777, 5000, "hi"u8.ToArray());
        Assert.Equal("hi", VsockGuest.Read(socket, 2));
        socket.Send("ho"u8);
        Assert.Equal("ho", Encoding.ASCII.GetString(guest.Receive().Payload));
    }

    [Fact]
    public void GuestProgram_WithNobodyThere_IsReset()
    {
        using var guest = new VsockGuest();
        guest.Send(VsockOperation.Request, 777, 5001);
        Assert.Equal(777u, guest.Receive(VsockOperation.Reset).DestinationPort);
    }

    [Fact]
    public async Task LargeTransfers_BothWays_KeepToTheCredit()
    {
        const int Total = 1_000_000;
        using var guest = new VsockGuest { BufferSize = 10_000 };
        (Socket socket, uint port) = guest.Open();
        using Socket own = socket;
        byte[] data = Bytes(Total);
        Task sending = Task.Run(() => socket.Send(data), TestContext.Current.CancellationToken);
        int got = 0;
        while (got < Total)
        {
            (VsockHeader header, byte[] payload) = guest.Receive();
            if (header.Operation == VsockOperation.CreditRequest)
            {
                guest.Forwarded = (uint)got;
                guest.Send(VsockOperation.CreditUpdate, 1024, port);
                continue;
            }

            Assert.Equal(VsockOperation.Data, header.Operation);
            Assert.True(data.AsSpan(got, payload.Length).SequenceEqual(payload), $"at {got}");
            got += payload.Length;
            Assert.True(got - guest.Forwarded <= 10_000);
        }

        await sending;
        Task<string> reading = Task.Run(() => VsockGuest.Read(socket, Total), TestContext.Current.CancellationToken);
        int sent = 0;
        uint free = VsockConnection.BufferSize;
        uint told = 0;
        while (sent < Total)
        {
            int part = Math.Min(Math.Min(60_000, Total - sent), (int)(free - unchecked((uint)sent - told)));
            if (part == 0)
            {
                told = guest.Receive().Header.Forwarded;
                continue;
            }

            guest.Send(VsockOperation.Data, 1024, port, data[sent..(sent + part)]);
            sent += part;
        }

        Assert.Equal(Encoding.Latin1.GetString(data), await reading);
        Assert.Empty(guest.Rig.Log.Oddities);
    }

    [Fact]
    public void GuestThatExceedsItsCredit_LosesThatConnectionOnly()
    {
        using var guest = new VsockGuest();
        (Socket first, uint firstPort) = guest.Open();
        (Socket second, uint secondPort) = guest.Open();
        using Socket own = first, other = second;
        byte[] part = Bytes(64 * 1024);
        bool reset = false;
        for (int i = 0; i < 64 && !reset; i++)
        {
            guest.Send(VsockOperation.Data, 1024, firstPort, part);
            guest.Rig.OnLoop(() => { });
            reset = guest.Connections() == 1;
        }

        VsockHeader header;
        while ((header = guest.Receive().Header).Operation != VsockOperation.Reset)
        {
            Assert.Equal(VsockOperation.CreditUpdate, header.Operation);
        }

        Assert.Equal(firstPort, header.SourcePort);
        guest.Send(VsockOperation.Data, 1024, secondPort, "ok"u8.ToArray());
        Assert.Equal("ok", VsockGuest.Read(second, 2));
    }

    [Fact]
    public void HostThatCloses_ShutsDownAndIsResetByTheGuest()
    {
        using var guest = new VsockGuest();
        (Socket socket, uint port) = guest.Open();
        socket.Send("last"u8);
        socket.Dispose();
        Assert.Equal("last", Encoding.ASCII.GetString(guest.Receive().Payload));
        VsockHeader header = guest.Receive(VsockOperation.Shutdown);
        if (header.Flags != Both)
        {
            header = guest.Receive(VsockOperation.Shutdown);
        }

        Assert.Equal(Both, header.Flags);
        Assert.Equal(1, guest.Connections());
        guest.Send(VsockOperation.Reset, 1024, port);
        Assert.Equal(0, guest.Connections());
    }

    [Fact]
    public void HostThatSendsNoMore_StillReceives()
    {
        using var guest = new VsockGuest();
        (Socket socket, uint port) = guest.Open();
        using Socket own = socket;
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(VsockHeader.NoSend, guest.Receive(VsockOperation.Shutdown).Flags);
        guest.Send(VsockOperation.Data, 1024, port, "answer"u8.ToArray());
        Assert.Equal("answer", VsockGuest.Read(socket, 6));
        guest.Send(VsockOperation.Shutdown, 1024, port, flags: Both);
        guest.Receive(VsockOperation.Reset);
        Assert.Equal(0, ReceiveEnd(socket));
        Assert.Equal(0, guest.Connections());
    }

    [Fact]
    public void GuestThatSendsNoMore_StillReceives()
    {
        using var guest = new VsockGuest();
        (Socket socket, uint port) = guest.Open();
        using Socket own = socket;
        guest.Send(VsockOperation.Shutdown, 1024, port, flags: VsockHeader.NoSend);
        Assert.Equal(0, ReceiveEnd(socket));
        socket.Send("more"u8);
        Assert.Equal("more", Encoding.ASCII.GetString(guest.Receive().Payload));
        socket.Dispose();
        VsockHeader header = guest.Receive(VsockOperation.Shutdown);
        Assert.NotEqual(0u, header.Flags & VsockHeader.NoSend);
    }

    [Fact]
    public void Packets_ThatMakeNoSense_AreResetOrDropped()
    {
        using var guest = new VsockGuest();
        guest.Send(VsockOperation.Data, 1, 2);
        Assert.Equal(1u, guest.Receive(VsockOperation.Reset).DestinationPort);
        guest.Send(VsockOperation.Request, 3, 4, change: h => h with { Type = 2 });
        Assert.Equal(3u, guest.Receive(VsockOperation.Reset).DestinationPort);
        guest.Send(VsockOperation.Request, 5, 4, change: h => h with { DestinationContext = 9 });
        Assert.Equal(5u, guest.Receive(VsockOperation.Reset).DestinationPort);
        guest.Send(VsockOperation.Reset, 1, 2);
        guest.Send(VsockOperation.Request, 1, 2, change: h => h with { SourceContext = 7 });
        (Socket socket, uint port) = guest.Open();
        using Socket own = socket;
        guest.Send(VsockOperation.Data, 1024, port, [1, 2], change: h => h with { Length = 3 });
        Assert.Equal(port, guest.Receive(VsockOperation.Reset).SourcePort);
        Assert.Equal(0, ReceiveEnd(socket));
        Assert.Equal(2, guest.Rig.Log.Oddities.Length);
        Assert.Equal(0x0f, (int)guest.Rig.Registers.Status);
    }

    [Fact]
    public void GuestWithoutReceiveBuffers_IsNotAnsweredWithoutEnd()
    {
        using var guest = new VsockGuest(withBuffers: false);
        for (int i = 0; i < 64; i++)
        {
            guest.Send(VsockOperation.Data, (uint)i, 2);
        }

        // The next one waits, as the answers due are limited.
        guest.Rig.Submit(1, guest.Rig.Filled(new byte[44]));
        guest.Rig.OnLoop(() => { });
        Assert.False(guest.Rig[1].TryReap(out _, out _));
        for (int i = 0; i < 32; i++)
        {
            guest.Give(i);
        }

        guest.Rig.Reap(1);
        for (int i = 0; i < 64; i++)
        {
            Assert.Equal((uint)i, guest.Receive(VsockOperation.Reset).DestinationPort);
        }
    }

    [Fact]
    public void Reset_ByTheDriver_ClosesConnectionsAndTakesNewOnes()
    {
        using var guest = new VsockGuest();
        (Socket socket, _) = guest.Open();
        using Socket own = socket;
        guest.Rig.ResetAsDriver();
        Assert.Equal(0, ReceiveEnd(socket));
        using Socket waiting = guest.Connect();
        guest.Rig.Start(0);
        DriverBuffer buffer = guest.Rig.Buffer(100, true);
        guest.Rig.Submit(0, buffer);
        Assert.Equal(44u, guest.Rig.Reap(0).Written);
    }

    [Fact]
    public void Connections_AreLimited_AndRoomComesBack()
    {
        using var guest = new VsockGuest();
        using Socket listener = guest.Listen(5000);
        for (uint i = 0; i < VsockDevice.MaximumConnections; i++)
        {
            guest.Send(VsockOperation.Request, i, 5000);
            Assert.Equal(i, guest.Receive(VsockOperation.Response).DestinationPort);
        }

        guest.Send(VsockOperation.Request, 5555, 5000);
        Assert.Equal(5555u, guest.Receive(VsockOperation.Reset).DestinationPort);

        // A program of the host waits in the queue of the socket meanwhile.
        using Socket waiting = guest.Connect();
        Assert.Equal(VsockDevice.MaximumConnections, guest.Connections());
        guest.Send(VsockOperation.Reset, 17, 5000);
        guest.Receive(VsockOperation.Request);
        Assert.Equal(VsockDevice.MaximumConnections, guest.Connections());
    }

    [Fact]
    public void Pause_KeepsConnections()
    {
        using var guest = new VsockGuest();
        (Socket socket, uint port) = guest.Open();
        using Socket own = socket;
        guest.Device.Pause();
        socket.Send("later"u8);
        guest.Rig.OnLoop(() => { });
        Assert.False(guest.Rig[0].TryReap(out _, out _));
        guest.Device.Resume();
        Assert.Equal("later", Encoding.ASCII.GetString(guest.Receive().Payload));
        guest.Send(VsockOperation.Data, 1024, port, "ok"u8.ToArray());
        Assert.Equal("ok", VsockGuest.Read(socket, 2));
    }

    [Fact]
    public void SocketFile_ComesAndGoes_AndStaleOnesAreReplaced()
    {
        string path;
        using (var guest = new VsockGuest())
        {
            path = guest.Path;
            Assert.True(File.Exists(path));
            var e = Assert.Throws<ChardevException>(() => new VirtioRig(c => new VsockDevice(c, 5, path)));
            Assert.Equal($"socket path '{path}' is in use", e.Message);
            guest.Device.Dispose();
            Assert.False(File.Exists(path));
            using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            {
                stale.Bind(new UnixDomainSocketEndPoint($"{path}2"));
                stale.Listen();
                File.Move($"{path}2", path);
            }

            using var rig = new VirtioRig(c => new VsockDevice(c, 5, path));
            Assert.True(File.Exists(path));
        }
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(uint.MaxValue)]
    public void ContextId_Reserved_IsRefused(uint id) =>
        Assert.Throws<ArgumentException>(() => new VirtioRig(c => new VsockDevice(c, id, "/nonexistent/v")));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Packets_AtRandom_NeverFault(int seed)
    {
        using var guest = new VsockGuest();
        using Socket listener = guest.Listen(2);
        var random = FuzzSeed.Create(seed);
        for (int i = 0; i < 4000; i++)
        {
            guest.BufferSize = random.Next(3) == 0 ? (uint)random.NextInt64(1L << 32) : 4096;
            guest.Forwarded = random.Next(3) == 0 ? (uint)random.NextInt64(1L << 32) : 0;
            guest.Send(
                (VsockOperation)random.Next(9), (uint)random.Next(4), (uint)random.Next(1, 4), new byte[random.Next(2) * random.Next(70_000)], (uint)random.Next(5));
            if (random.Next(20) == 0 && listener.Poll(0, SelectMode.SelectRead))
            {
                using Socket socket = listener.Accept();
                socket.Blocking = false;
                socket.Send(new byte[random.Next(1, 5000)], SocketFlags.None, out _);
            }

            while (guest.Rig[0].TryReap(out ushort id, out _))
            {
                guest.Give(id);
            }
        }

        Assert.Equal(0, guest.Rig.Faults);
        Assert.Equal(0x0f, (int)guest.Rig.Registers.Status);
        Assert.InRange(guest.Connections(), 0, 8);
    }

    private static int ReceiveEnd(Socket socket)
    {
        try
        {
            return socket.Receive(new byte[16]);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
