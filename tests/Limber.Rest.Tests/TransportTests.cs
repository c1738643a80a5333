using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

/// <summary>What clients may do to a connection.</summary>
public sealed class TransportTests
{
    [Theory]
    [InlineData(4 << 20, 204)]
    [InlineData((4 << 20) + 1, 400)]
    [InlineData(64 << 20, 400)]
    public async Task BodySize_IsLimited(int size, int status)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        byte[] body = new byte[size];
        Array.Fill(body, (byte)' ');
        "{}"u8.CopyTo(body);
        Reply? reply = await TrySendAsync(rest, new ByteArrayContent(body));
        Assert.Equal(status, reply?.Status ?? 400);
        Assert.Equal(200, (await rest.GetAsync("vmm.ping")).Status);
    }

    [Fact]
    public async Task BodyTooLong_IsRefusedBeforeItIsSent()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        string reply = await rest.RawAsync(
            "PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nContent-Length: 4194305\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", reply);
        Assert.EndsWith("""["Bad Request","the body exceeds 4194304 bytes"]""", reply);
    }

    [Fact]
    public async Task ChunkedBody_IsAccepted()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        string reply = await rest.RawAsync(
            "PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "13\r\n{\"desired_vcpus\":3}\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 204 ", reply);
        Assert.Equal(["plug 2"], rest.Machine.Calls);
    }

    [Fact]
    public async Task AbsoluteTargetOfAnotherHost_IsAccepted()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        string reply = await rest.RawAsync(
            "GET http://elsewhere/api/v1/vmm.ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", reply);
    }

    [Fact]
    public async Task Pipelined_RequestsAreAnsweredInOrder()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        string reply = await rest.RawAsync(
            "GET /api/v1/vmm.ping HTTP/1.1\r\nHost: x\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\n\r\n"
            + "PUT /api/v1/vm.pause HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.Equal(["200", "404", "204"], reply.Split("HTTP/1.1 ").Skip(1).Select(part => part[..3]));
    }

    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003 looks like TLS \r\n\r\n")]
    [InlineData("PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\n")]
    [InlineData("PUT /api/v1/vm.resize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public async Task Garbage_ClosesOnlyItsConnection(string request)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.StartsWith("HTTP/1.1 ", await rest.RawAsync(request));
        Assert.Equal(200, (await rest.GetAsync("vmm.ping")).Status);
    }

    [Fact]
    public async Task Http2_IsNotSpoken()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        // The answer is one GOAWAY frame (RFC 9113, type 7), then the connection closes.
        string reply = await rest.RawAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        Assert.Equal(7, reply[3]);
    }

    [Fact]
    public async Task LongRequestLine_IsRefused()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.StartsWith(
            "HTTP/1.1 414 ", await rest.RawAsync("GET /" + new string('a', 20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
    }

    [Fact]
    public async Task ClientThatLeavesInTheMiddle_IsForgotten()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        for (int i = 0; i < 50; i++)
        {
            using Socket socket = await rest.ConnectAsync();
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                "PUT /api/v1/vm.resize?wait=100 HTTP/1.1\r\nHost: x\r\nContent-Length: 19\r\n\r\n{\"desired"));
        }

        Assert.Equal(200, (await rest.GetAsync("vmm.ping")).Status);
        Assert.Empty(rest.Machine.Calls);
    }

    [Fact]
    public async Task WaitingClientThatLeaves_LeavesTheOperationAlone()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        using (HttpClient client = rest.NewClient())
        {
            client.Timeout = TimeSpan.FromMilliseconds(200);
            await Assert.ThrowsAsync<TaskCanceledException>(
                () => rest.SendAsync("PUT", "vm.resize?wait=100", """{"desired_vcpus":3}""", client));
        }

        Assert.Equal(["plug 2"], rest.Machine.Calls);
        Assert.False(rest.Machine.Operations[0].Current.IsFinal);
        Assert.Equal(200, (await rest.GetAsync("vmm.ping")).Status);
    }

    [Fact]
    public async Task ManyConnections_AreServed()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        List<HttpClient> clients = [.. Enumerable.Range(0, 80).Select(_ => rest.NewClient())];
        for (int round = 0; round < 3; round++)
        {
            Reply[] replies = await Task.WhenAll(clients.Select(client => rest.SendAsync("GET", "vm.info", (string?)null, client)));
            Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        }

        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task ConnectionsAboveTheLimit_AreClosed()
    {
        await using RestFixture rest = await RestFixture.StartAsync(options: new RestServerOptions { MaxConnections = 3 });
        List<Socket> idle = [];
        for (int i = 0; i < 3; i++)
        {
            idle.Add(await rest.ConnectAsync());
        }

        using (Socket surplus = await rest.ConnectAsync())
        {
            Assert.Equal(0, await surplus.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        idle[0].Dispose();
        await ResizeTests.Until(() => rest.GetAsync("vmm.ping").ContinueWith(ping => ping.IsCompletedSuccessfully).Result);
        idle.ForEach(socket => socket.Dispose());
    }

    /// <summary>Null when the server closed the connection while the client was still sending.</summary>
    private static async Task<Reply?> TrySendAsync(RestFixture rest, HttpContent body)
    {
        try
        {
            return await rest.SendAsync("PUT", "vm.resize", body);
        }
        catch (HttpRequestException closed) when (closed.InnerException is IOException)
        {
            return null;
        }
    }
}
