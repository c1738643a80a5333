using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Limber.Chardev.Monitors;
using Limber.Chardev.Tests.Support;
using Limber.Config;
using static Limber.Chardev.Tests.Support.FakeFrontend;

namespace Limber.Chardev.Tests;

public sealed class MonitorListenerTests
{
    [Fact]
    public void Start_HundredClients_AllAreServedAtOnce()
    {
        using var place = new TestPlace();
        using MonitorListener listener = MonitorListener.Open(place.Server);
        var names = new ConcurrentBag<string>();
        listener.Start((stream, name) =>
        {
            names.Add(name);
            new Thread(() => Echo(stream), 256 * 1024) { IsBackground = true }.Start();
        });
        Socket[] clients = [.. Enumerable.Range(0, 100).Select(_ => place.Connect())];
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i].Send(Encoding.ASCII.GetBytes($"{i:d3}"));
        }

        for (int i = 0; i < clients.Length; i++)
        {
            Assert.Equal($"{i:d3}", TestPlace.ReadText(clients[i], 3));
            clients[i].Dispose();
        }

        Assert.Equal(100, names.Distinct().Count());
    }

    [Fact]
    public void Open_UnixSocket_IsTheOwnersAloneAndGoesAway()
    {
        using var place = new TestPlace();
        using (MonitorListener.Open(place.Server))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(place.Socket));
        }

        Assert.False(File.Exists(place.Socket));
    }

    [Fact]
    public void Open_PathOfLiveServer_IsInUse()
    {
        using var place = new TestPlace();
        using MonitorListener first = MonitorListener.Open(place.Server);
        ChardevException e = Assert.Throws<ChardevException>(() => MonitorListener.Open(place.Server));
        Assert.Equal($"socket path '{place.Socket}' is in use", e.Message);
        using Socket client = place.Connect();
        Assert.True(client.Connected);
    }

    [Fact]
    public void Open_SocketOfDeadServer_IsReplaced()
    {
        using var place = new TestPlace();
        LeaveStale(place);
        using MonitorListener listener = MonitorListener.Open(place.Server);
        using Socket client = place.Connect();
        Assert.True(client.Connected);
    }

    [Fact]
    public void Open_RegularFile_IsRefusedAndKept()
    {
        using var place = new TestPlace();
        File.WriteAllText(place.Socket, "precious");
        ChardevException e = Assert.Throws<ChardevException>(() => MonitorListener.Open(place.Server));
        Assert.Contains("not a socket", e.Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(place.Socket));
    }

    [Fact]
    public void Open_DanglingSymbolicLink_IsRefusedAndKept()
    {
        using var place = new TestPlace();
        File.CreateSymbolicLink(place.Socket, place.File("elsewhere"));
        Assert.Throws<ChardevException>(() => MonitorListener.Open(place.Server));
        Assert.NotNull(new FileInfo(place.Socket).LinkTarget);
    }

    [Fact]
    public void Open_UnusablePaths_AreNamedWithTheLimit()
    {
        using var place = new TestPlace();
        string tooLong = place.File(new string('x', 108));
        ChardevException e = Assert.Throws<ChardevException>(() => MonitorListener.Open(new ChardevConfig.UnixSocket(tooLong, true, false)));
        Assert.Contains("107", e.Message, StringComparison.Ordinal);
        string nowhere = place.File("no/such/s");
        e = Assert.Throws<ChardevException>(() => MonitorListener.Open(new ChardevConfig.UnixSocket(nowhere, true, false)));
        Assert.Contains(nowhere, e.Message, StringComparison.Ordinal);
        Assert.Throws<ChardevException>(() => MonitorListener.Open(new ChardevConfig.UnixSocket(string.Empty, true, false)));
    }

    [Fact]
    public void Dispose_FileReplacedMeanwhile_LeavesTheOther()
    {
        using var place = new TestPlace();
        MonitorListener first = MonitorListener.Open(place.Server);
        File.Delete(place.Socket);
        using MonitorListener second = MonitorListener.Open(place.Server);
        first.Dispose();
        using Socket client = place.Connect();
        Assert.True(client.Connected);
    }

    [Fact]
    public void Stream_DisposedOnThirdThread_EndsReadAndWrite()
    {
        using var place = new TestPlace();
        using MonitorListener listener = MonitorListener.Open(place.Server);
        Stream? stream = null;
        listener.Start(s => Volatile.Write(ref stream, s));
        using Socket client = place.Connect();
        Eventually(() => Volatile.Read(ref stream) is not null, "a client");
        int read = -1;
        Exception? failure = null;
        var reader = new Thread(() => read = stream!.Read(new byte[10], 0, 10));
        var writer = new Thread(() => failure = Record.Exception(() => WriteForever(stream!)));
        reader.Start();
        writer.Start();
        Thread.Sleep(50);
        stream!.Dispose();
        Assert.True(reader.Join(5000), "the read goes on");
        Assert.True(writer.Join(5000), "the write goes on");
        Assert.Equal(0, read);
        Assert.True(failure is IOException or ObjectDisposedException, $"{failure}");
    }

    [Fact]
    public void WaitForFirstClient_ReturnsWhenOneIsThere()
    {
        using var place = new TestPlace();
        using MonitorListener listener = MonitorListener.Open(place.Server with { Wait = true });
        listener.Start(_ => { });
        using (var cancellation = new CancellationTokenSource(20))
        {
            Assert.Throws<OperationCanceledException>(() => listener.WaitForFirstClient(cancellation.Token));
        }

        using Socket client = place.Connect();
        listener.WaitForFirstClient(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("")]
    public void Open_TcpServerAndClient_Talk(string host)
    {
        using MonitorListener server = MonitorListener.Open(new ChardevConfig.TcpSocket(host, 0, Server: true, Wait: false));
        server.Start(stream => new Thread(() => Echo(stream)) { IsBackground = true }.Start());
        using MonitorListener client = MonitorListener.Open(new ChardevConfig.TcpSocket(host, server.Port, Server: false, Wait: false));
        byte[] answer = new byte[5];
        client.Start(stream =>
        {
            stream.Write("hello"u8);
            stream.ReadExactly(answer);
            stream.Dispose();
        });
        Assert.Equal("hello"u8, answer);
    }

    [Fact]
    public void Open_TcpPortTaken_NamesIt()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        ChardevException e = Assert.Throws<ChardevException>(
            () => MonitorListener.Open(new ChardevConfig.TcpSocket("127.0.0.1", port, Server: true, Wait: false)));
        Assert.Contains($"127.0.0.1:{port}", e.Message, StringComparison.Ordinal);
    }

    private static void LeaveStale(TestPlace place)
    {
        string aside = place.File("aside");
        using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(aside));
        dead.Listen();

        // Closing removes the file by the name it was bound to.
        File.Move(aside, place.Socket);
        dead.Close();
        Assert.True(File.Exists(place.Socket));
    }

    private static void WriteForever(Stream stream)
    {
        while (true)
        {
            stream.Write(new byte[10_000]);
        }
    }

    private static void Echo(Stream stream)
    {
        byte[] buffer = new byte[100];
        while (stream.Read(buffer, 0, buffer.Length) is int count and > 0)
        {
            stream.Write(buffer, 0, count);
        }

        stream.Dispose();
    }
}
