using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Limber.Servers.Hmp;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>The same over a Unix socket, whose blocking calls a test stream only imitates.</summary>
public sealed class QmpSocketTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Dispose_BlockedInRead_EndsBothSides()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        (NetworkStream server, NetworkStream client) = Connect();
        using QmpSession session = new(server, services, QmpDialect.Qemu);
        session.Start();
        using StreamReader reader = new(client, Encoding.ASCII);
        Assert.StartsWith("{\"QMP\"", reader.ReadLine());
        client.Write("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"query-name\",\"id\":1}"u8);
        Assert.Equal("{\"return\": {}}", reader.ReadLine());
        Assert.Equal("{\"return\": {}, \"id\": 1}", reader.ReadLine());
        session.Dispose();
        Assert.Null(reader.ReadLine());
        await session.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task SlowReader_BlockedInWrite_IsDropped()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        (NetworkStream server, NetworkStream client) = Connect();
        using (client)
        using (QmpSession session = new(server, services, QmpDialect.StratoVirt, new QmpSessionOptions { MaxQueuedOutput = 100_000 }))
        {
            session.Start();
            for (int i = 0; i < 20_000 && !session.Completion.IsCompleted; i++)
            {
                machine.PressPowerButton();
            }

            await session.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.Equal(1, machine.SubscriberCount);
        }
    }

    [Fact]
    public async Task Hmp_PeerCloses_SessionEnds()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        (NetworkStream server, NetworkStream client) = Connect();
        using HmpSession session = new(server, services);
        session.Start();
        client.Dispose();
        await session.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    private static (NetworkStream Server, NetworkStream Client) Connect()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        Socket server = listener.Accept();
        File.Delete(path);
        return (new NetworkStream(server, ownsSocket: true), new NetworkStream(client, ownsSocket: true));
    }
}
