using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Limber.Chardev.Tests.Support;
using Limber.Config;
using Limber.Device;

namespace Limber.Chardev.Tests.Serial;

public sealed class SocketBackendFlowTests : IDisposable
{
    private readonly ScratchDirectory scratch = new();
    private readonly RecordingFrontend frontend = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task Write_SlowPeer_LosesNothing()
    {
        using ICharacterBackend backend = Serve();
        using Socket peer = Connect();
        Greet(peer);
        byte[] data = SequenceData.Create(1 << 20);
        Task<byte[]> reading = Task.Run(() => Receive(peer, data.Length), TestContext.Current.CancellationToken);

        frontend.WriteAll(backend, data);

        Assert.Equal(data, await reading);
    }

    [Fact]
    public void Peer_ThatLeavesWhileThePortIsFull_IsHeardToTheEnd()
    {
        var narrow = new RecordingFrontend(1);
        using ICharacterBackend backend = Serve(narrow);
        using (Socket peer = Connect())
        {
            peer.Send("abcdef"u8);
            narrow.AwaitText("a");
        }

        narrow.Allow(2);
        narrow.AwaitText("abc");
        narrow.Allow(100);
        narrow.AwaitText("abcdef");
    }

    [Fact]
    public void Dispose_WithAPeerThatDoesNotRead_EndsItsThreads()
    {
        var config = new ChardevConfig.UnixSocket(scratch.File("d"), Server: true, Wait: false);
        ICharacterBackend backend = CharacterBackends.Create(config, new() { Label = "sockd" });
        backend.Start(frontend);
        using Socket peer = Connect("d");
        Greet(peer);
        while (backend.Write(SequenceData.Create(4096)) > 0)
        {
        }

        backend.Dispose();

        Eventually.True(() => Eventually.ThreadsNamed("sockd-") == 0, "no thread left");
        Assert.False(System.IO.File.Exists(scratch.File("d")));
        backend.Dispose();
    }

    [Fact]
    public void Client_TalksToAServerOnTcp()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using ICharacterBackend backend =
            CharacterBackends.Create(new ChardevConfig.TcpSocket("127.0.0.1", port, Server: false, Wait: false), new() { Label = "tcpc" });
        backend.Start(frontend);
        using Socket peer = listener.AcceptSocket();

        Greet(peer);
        frontend.WriteAll(backend, "out"u8);
        Assert.Equal("out", Encoding.ASCII.GetString(Receive(peer, 3)));

        peer.Dispose();
        Eventually.True(() => Eventually.ThreadsNamed("tcpc-in") == 0, "the reader ends with its only peer");
        frontend.WriteAll(backend, SequenceData.Create(1 << 20));
    }

    private static byte[] Receive(Socket peer, int count)
    {
        byte[] data = new byte[count];
        peer.ReceiveTimeout = (int)Eventually.Deadline.TotalMilliseconds;
        for (int done = 0; done < count;)
        {
            int step = peer.Receive(data.AsSpan(done));
            Assert.True(step > 0, $"the peer ended after {done} of {count} bytes");
            done += step;
        }

        return data;
    }

    // Proves that the backend has accepted: what it writes from here on is not dropped.
    private void Greet(Socket peer)
    {
        int before = frontend.Received.Length;
        peer.Send("."u8);
        Eventually.True(() => frontend.Received.Length > before, "a byte from the peer");
    }

    private Socket Connect(string name = "s")
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(scratch.File(name)));
        return socket;
    }

    private ICharacterBackend Serve(RecordingFrontend? port = null)
    {
        ICharacterBackend backend =
            CharacterBackends.Create(new ChardevConfig.UnixSocket(scratch.File("s"), Server: true, Wait: false), new() { Label = "sockt" });
        backend.Start(port ?? frontend);
        return backend;
    }
}
