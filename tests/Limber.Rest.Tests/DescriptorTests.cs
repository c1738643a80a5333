using System;
using System.Globalization;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Interop;
using Limber.Rest.Sockets;
using Limber.Rest.Tests.Support;

namespace Limber.Rest.Tests;

/// <summary>Descriptors that come beside a request's bytes.</summary>
public sealed class DescriptorTests : IDisposable
{
    private readonly FakeDeviceManager devices = new();
    private readonly SentPipe first = new();
    private readonly SentPipe second = new();

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public async Task AddNet_DescriptorsBecomeTheCardsQueues()
    {
        await using (RestFixture rest = await StartAsync())
        {
            string reply = await SendAsync(rest, Put("vm.add-net", """{"id":"n","num_queues":4,"fds":[0,1]}"""), first, second);
            Assert.StartsWith("HTTP/1.1 200 ", reply);
        }

        var net = Assert.IsType<NetDeviceConfig>(devices.GetDevices()[0].Config);
        var tap = Assert.IsType<TapBackendConfig>(net.Connection);
        Assert.Equal((2, 2, null), (net.QueuePairs, tap.QueuePairs, tap.Interface));
        Assert.True(first.Is(tap.Descriptors[0]) && second.Is(tap.Descriptors[1]), "the machine's descriptors are not those that were sent");
        foreach (int descriptor in tap.Descriptors)
        {
            new FileDescriptor(descriptor).Dispose();
        }
    }

    [Theory]
    [InlineData("vm.add-net", """{"id":"n"}""", 400, "num_queues is 2, and the 2 descriptors that came with the request make 4 queues")]
    [InlineData("vm.add-net", """{"id":"n","num_queues":4,"tap":"t"}""", 400, "with them, tap and vhost_user must be left out")]
    [InlineData("vm.add-net", """{"id":""", 400, "Failed to deserialize JSON")]
    [InlineData("vm.add-device", """{"path":"/x"}""", 400, "2 descriptors came with the request; a host device has one at most")]
    [InlineData("vm.add-disk", """{"path":"/x"}""", 200, "_disk0")]
    [InlineData("vm.restore", """{"source_url":"file:///x"}""", 500, "snapshots are not built yet")]
    [InlineData("vm.nothing", """{"id":"n"}""", 404, "Not Found")]
    public async Task OtherRequests_CloseThem(string route, string body, int status, string text)
    {
        await using RestFixture rest = await StartAsync();
        using Socket socket = await rest.ConnectAsync();
        DescriptorSender.Send(socket, Put(route, body), first.Number, second.Number);
        string reply = await ReadReplyAsync(socket);
        Assert.StartsWith($"HTTP/1.1 {status} ", reply);
        Assert.Contains(text, reply, StringComparison.Ordinal);
        Assert.Equal((0, 0), (first.Copies, second.Copies));

        // The connection goes on, and nothing of them is left for another request.
        DescriptorSender.Send(socket, Put("vm.add-net", """{"tap":"t9"}"""));
        Assert.StartsWith("HTTP/1.1 200 ", await ReadReplyAsync(socket));
        Assert.True(((TapBackendConfig)((NetDeviceConfig)devices.GetDevices()[^1].Config).Connection!).Descriptors.IsEmpty);
    }

    [Fact]
    public async Task AddNet_RefusedByTheMachine_ClosesThem()
    {
        await using RestFixture rest = await StartAsync();
        devices.NextRefusal = new VmException(VmErrorCode.HostFailure, "no tap");
        string reply = await SendAsync(rest, Put("vm.add-net", """{"id":"n"}"""), first);
        Assert.StartsWith("HTTP/1.1 500 ", reply);
        Assert.Equal(0, first.Copies);
    }

    [Fact]
    public async Task AddDevice_ByDescriptor_SaysThatItIsNotBuilt()
    {
        await using RestFixture rest = await StartAsync();
        string reply = await SendAsync(rest, Put("vm.add-device", "{}"), first);
        Assert.StartsWith("HTTP/1.1 500 ", reply);
        Assert.Contains("a host device by descriptor is not built yet", reply, StringComparison.Ordinal);
        Assert.Equal(0, first.Copies);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(75)]
    public async Task AddNet_InParts_HasTheDescriptorsOfAnyPart(int cut)
    {
        await using RestFixture rest = await StartAsync();
        using Socket socket = await rest.ConnectAsync();
        byte[] request = Put("vm.add-net", """{"id":"n"}""");
        cut = cut == 0 ? request.Length - 1 : cut;
        DescriptorSender.Send(socket, request.AsSpan(0, cut), cut == 30 ? [first.Number] : []);
        DescriptorSender.Send(socket, request.AsSpan(cut), cut == 30 ? [] : [first.Number]);
        Assert.StartsWith("HTTP/1.1 200 ", await ReadReplyAsync(socket));
        var tap = (TapBackendConfig)((NetDeviceConfig)devices.GetDevices()[0].Config).Connection!;
        Assert.True(first.Is(Assert.Single(tap.Descriptors)), "the machine's descriptor is not the one that was sent");
        new FileDescriptor(tap.Descriptors[0]).Dispose();
    }

    [Fact]
    public async Task Pipelined_DescriptorsAreThoseOfTheirRequest()
    {
        await using RestFixture rest = await StartAsync();
        using Socket socket = await rest.ConnectAsync();
        DescriptorSender.Send(socket, Put("vm.add-disk", """{"path":"/a"}"""), second.Number);
        DescriptorSender.Send(socket, Put("vm.add-net", """{"id":"n"}"""), first.Number);
        DescriptorSender.Send(socket, Put("vm.add-disk", """{"path":"/b"}"""), second.Number);
        for (int i = 0; i < 3; i++)
        {
            Assert.StartsWith("HTTP/1.1 200 ", await ReadReplyAsync(socket));
        }

        var tap = (TapBackendConfig)((NetDeviceConfig)devices.FindDevice("n")!.Config).Connection!;
        Assert.True(first.Is(Assert.Single(tap.Descriptors)), "the machine's descriptor is not the one that was sent");
        Assert.Equal(0, second.Copies);
        new FileDescriptor(tap.Descriptors[0]).Dispose();
    }

    [Fact]
    public async Task Flood_HoldsNoMoreThanTheLimit_AndGoesWithTheConnection()
    {
        await using RestFixture rest = await StartAsync();
        using (Socket socket = await rest.ConnectAsync())
        {
            DescriptorSender.Send(socket, "PUT /api/v1/vm.add-net HTTP/1.1\r\nHost: x\r\n"u8);
            DescriptorSender.Send(socket, "A: b\r\n"u8, second.Number);
            second.WaitFor(1);
            for (int i = 0; i < 50; i++)
            {
                DescriptorSender.Send(socket, "A: b\r\n"u8, [.. Enumerable.Repeat(first.Number, 5)]);
            }

            first.WaitFor(RequestDescriptors.Maximum);
            second.WaitFor(0);
        }

        first.WaitFor(0);
    }

    private Task<RestFixture> StartAsync() => RestFixture.StartAsync(new FakeVirtualMachine { Devices = devices });

    private static async Task<string> SendAsync(RestFixture rest, byte[] request, params SentPipe[] pipes)
    {
        using Socket socket = await rest.ConnectAsync();
        DescriptorSender.Send(socket, request, [.. pipes.Select(pipe => pipe.Number)]);
        return await ReadReplyAsync(socket);
    }

    private static byte[] Put(string route, string body) => Encoding.ASCII.GetBytes(
        $"PUT /api/v1/{route} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}");

    /// <summary>One reply with its body.</summary>
    private static async Task<string> ReadReplyAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket);
        var text = new StringBuilder();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await ReadOneAsync();
        }

        string headers = text.ToString();
        int at = headers.IndexOf("Content-Length: ", StringComparison.Ordinal);
        int left = at < 0 ? 0 : int.Parse(headers[(at + 16)..headers.IndexOf('\r', at)], CultureInfo.InvariantCulture);
        for (int i = 0; i < left; i++)
        {
            await ReadOneAsync();
        }

        return text.ToString();

        async Task ReadOneAsync()
        {
            await stream.ReadExactlyAsync(one).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            text.Append((char)one[0]);
        }
    }
}
