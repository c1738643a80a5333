using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Limber.Chardev.Tests.Support;
using Limber.Config;
using Limber.Device;
using static Limber.Chardev.Tests.Support.FakeFrontend;

namespace Limber.Chardev.Tests;

public sealed class SocketBackendTests
{
    private static readonly CharacterBackendOptions Options = new() { Label = "serial0" };

    [Fact]
    public void Write_NobodyConnected_TakesAndDropsEverything()
    {
        using var place = new TestPlace();
        using ICharacterBackend backend = CharacterBackends.Create(place.Server, Options);
        backend.Start(new FakeFrontend());
        byte[] data = new byte[1000];
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(1000, backend.Write(data));
        }
    }

    [Fact]
    public void Peers_OneAfterTheOther_AreServedInBothDirections()
    {
        using var place = new TestPlace();
        var frontend = new FakeFrontend();
        using ICharacterBackend backend = CharacterBackends.Create(place.Server with { Wait = true }, Options);
        backend.Start(frontend);
        for (int i = 0; i < 5; i++)
        {
            string text = $"client {i};";
            using Socket client = place.Connect();
            client.Send(Encoding.ASCII.GetBytes(text));
            Eventually(() => frontend.Received.EndsWith(text, StringComparison.Ordinal), text);
            CharacterBackends.WaitForPeer(place.Server with { Wait = true }, backend, TestContext.Current.CancellationToken);
            Assert.Equal(5, backend.Write("hello"u8));
            Assert.Equal("hello", TestPlace.ReadText(client, 5));
        }
    }

    [Fact]
    public void Connection_ComesAndGoes_IsTold()
    {
        using var place = new TestPlace();
        using ICharacterBackend backend = CharacterBackends.Create(place.Server, Options);
        var connection = Assert.IsAssignableFrom<IHostConnection>(backend);
        int changes = 0;
        connection.OnConnectionChanged(() => Interlocked.Increment(ref changes));
        backend.Start(new FakeFrontend());
        Assert.False(connection.IsConnected);

        using (place.Connect())
        {
            Eventually(() => connection.IsConnected && Volatile.Read(ref changes) == 1, "a connection");
        }

        Eventually(() => !connection.IsConnected && Volatile.Read(ref changes) == 2, "its end");
    }

    [Fact]
    public void WaitForPeer_Cancelled_Throws()
    {
        using var place = new TestPlace();
        ChardevConfig config = place.Server with { Wait = true };
        using ICharacterBackend backend = CharacterBackends.Create(config, Options);
        backend.Start(new FakeFrontend());
        using var cancellation = new CancellationTokenSource(20);
        Assert.Throws<OperationCanceledException>(() => CharacterBackends.WaitForPeer(config, backend, cancellation.Token));
    }

    [Fact]
    public void Input_CapacityOfSixteen_IsDeliveredInOrderAndNeverOverruns()
    {
        using var place = new TestPlace();
        var frontend = new FakeFrontend();
        frontend.SetCapacity(0);
        using ICharacterBackend backend = CharacterBackends.Create(place.Server, Options);
        backend.Start(frontend);
        using Socket client = place.Connect();
        string text = string.Concat(Enumerable.Range(0, 200).Select(i => $"{i:d4} "));
        client.Send(Encoding.ASCII.GetBytes(text));
        while (frontend.Received.Length < text.Length)
        {
            int before = frontend.Received.Length;
            frontend.SetCapacity(16);
            Eventually(() => frontend.Received.Length > before, "more input");
        }

        Assert.Equal(text, frontend.Received);
        Assert.InRange(frontend.LongestDelivery, 1, 16);
        Assert.False(frontend.Overrun);
    }

    [Fact]
    public void PeerLeft_GuestTakesNoInput_KeepsItWithoutSpinning()
    {
        using var place = new TestPlace();
        var frontend = new FakeFrontend();
        frontend.SetCapacity(0);
        using ICharacterBackend backend = CharacterBackends.Create(place.Server, new() { Label = "left" });
        backend.Start(frontend);
        using (Socket client = place.Connect())
        {
            client.Send("last words"u8);
        }

        Thread.Sleep(200);
        Assert.Equal(65_536, backend.Write(new byte[65_536]));
        Assert.Equal(65_536, backend.Write(new byte[65_536]));
        Assert.InRange(HostThreads.ProcessorTicks("left-in"), 0, 3);
        frontend.SetCapacity(100);
        Eventually(() => frontend.Received == "last words", "the input of the peer that left");
    }

    [Fact]
    public void PeerLeft_GuestTakesNoInput_NextPeerIsAccepted()
    {
        using var place = new TestPlace();
        var frontend = new FakeFrontend();
        frontend.SetCapacity(0);
        using ICharacterBackend backend = CharacterBackends.Create(place.Server, Options);
        backend.Start(frontend);
        using (Socket client = place.Connect())
        {
            client.Send("never read"u8);
        }

        using Socket next = place.Connect();
        next.ReceiveTimeout = 20;
        byte[] answer = new byte[1];
        Eventually(() => backend.Write("x"u8) == 1 && Receives(next, answer), "output at the next peer");
    }

    [Fact]
    public void Write_PeerThatNeverReads_FillsUpThenDrainsWhenItLeaves()
    {
        using var place = new TestPlace();
        var frontend = new FakeFrontend();
        using ICharacterBackend backend = CharacterBackends.Create(place.Server, Options);
        backend.Start(frontend);
        Socket client = place.Connect();
        client.Send("a"u8);
        Eventually(() => frontend.Received == "a", "connection");
        byte[] data = new byte[4096];
        Eventually(() => backend.Write(data) == 0, "a full buffer");
        client.Dispose();
        Eventually(() => frontend.Drains > 0, "OutputDrained");
        Eventually(() => backend.Write(data) == data.Length, "room");
    }

    [Fact]
    public void Client_ConnectsAtCreation_OrNamesWhoIsMissing()
    {
        using var place = new TestPlace();
        var config = new ChardevConfig.UnixSocket(place.Socket, Server: false, Wait: false);
        ChardevException e = Assert.Throws<ChardevException>(() => CharacterBackends.Create(config, Options));
        Assert.Contains(place.Socket, e.Message, StringComparison.Ordinal);
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(place.Socket));
        server.Listen();
        using ICharacterBackend backend = CharacterBackends.Create(config, Options);
        using Socket peer = server.Accept();
        backend.Write("early"u8);
        backend.Start(new FakeFrontend());
        Assert.Equal("early", TestPlace.ReadText(peer, 5));
    }

    [Fact]
    public void Dispose_WithPeer_FlushesAndRemovesTheSocket()
    {
        using var place = new TestPlace();
        var frontend = new FakeFrontend();
        ICharacterBackend backend = CharacterBackends.Create(place.Server, Options);
        backend.Start(frontend);
        using Socket client = place.Connect();
        client.Send("a"u8);
        Eventually(() => frontend.Received == "a", "connection");
        backend.Write("goodbye"u8);
        backend.Dispose();
        Assert.Equal("goodbye", TestPlace.ReadText(client, 8));
        Assert.False(File.Exists(place.Socket));
    }

    private static bool Receives(Socket socket, byte[] answer)
    {
        try
        {
            return socket.Receive(answer) == 1;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return false;
        }
    }
}
