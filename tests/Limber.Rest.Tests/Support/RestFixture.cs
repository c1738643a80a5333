using System;
using System.IO;
using System.Net.Http;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;

namespace Limber.Rest.Tests.Support;

/// <summary>A server on a real socket in a directory of its own, its machine, and a client.</summary>
internal sealed class RestFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory directory;
    private readonly HttpClient client;

    private RestFixture(TemporaryDirectory directory, RestServer server, FakeVirtualMachine machine)
    {
        this.directory = directory;
        Server = server;
        Machine = machine;
        client = NewClient();
    }

    public RestServer Server { get; }

    public FakeVirtualMachine Machine { get; }

    public string SocketPath => directory.Socket;

    public static async Task<RestFixture> StartAsync(FakeVirtualMachine? machine = null, RestServerOptions? options = null)
    {
        machine ??= new FakeVirtualMachine();
        TemporaryDirectory directory = new();
        return new RestFixture(directory, await RestServer.StartAsync(directory.Socket, machine, options), machine);
    }

    /// <summary>A server whose machine comes and goes.</summary>
    public static async Task<RestFixture> StartAsync(IVmHost host)
    {
        TemporaryDirectory directory = new();
        return new RestFixture(directory, await RestServer.StartAsync(directory.Socket, host), new FakeVirtualMachine());
    }

    public HttpClient NewClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) => new NetworkStream(await ConnectAsync(), ownsSocket: true),
    })
    {
        BaseAddress = new Uri("http://localhost/api/v1/"),
        Timeout = TimeSpan.FromSeconds(20),
    };

    public async Task<Socket> ConnectAsync()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    public Task<Reply> GetAsync(string path) => SendAsync("GET", path);

    public Task<Reply> PutAsync(string path, string? body = null) => SendAsync("PUT", path, body);

    public Task<Reply> SendAsync(string method, string path, string? body = null, HttpClient? over = null) =>
        SendAsync(method, path, body is null ? null : new StringContent(body, Encoding.UTF8), over);

    public async Task<Reply> SendAsync(string method, string path, HttpContent? body, HttpClient? over = null)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path) { Content = body };
        using HttpResponseMessage response = await (over ?? client).SendAsync(request);
        return new Reply(
            response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);
    }

    /// <summary>Sends bytes as they are and reads until the server closes the connection.</summary>
    public async Task<string> RawAsync(string request)
    {
        using Socket socket = await ConnectAsync();
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        using NetworkStream stream = new(socket);
        using StreamReader reader = new(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await Server.DisposeAsync();
        directory.Dispose();
    }
}
