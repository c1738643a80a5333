using System;
using System.Text;
using System.Threading.Tasks;
using Limber.Servers.Hmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Hmp;

public sealed class HmpSessionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Session_Line_EchoOutputPrompt()
    {
        using MonitorServices services = new(new FakeVirtualMachine());
        MemoryPipe toServer = new(4096);
        MemoryPipe fromServer = new(1 << 20);
        using HmpSession session = new(new DuplexStream(toServer, fromServer), services);
        session.Start();
        Assert.Equal("QEMU 10.0.2 monitor - type 'help' for more information\r\n(qemu) ", Settle());
        toServer.Write("s\n"u8);
        Assert.Equal("s\e[K\r\n(qemu) ", Settle());
        toServer.Write("foo\r\n"u8);
        Assert.EndsWith("foo\e[K\r\nunknown command: 'foo'\r\n(qemu) \r\n(qemu) ", Settle());
        toServer.End();
        await session.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken);

        string Settle()
        {
            toServer.WaitConsumed(Patience);
            Assert.True(session.Flush(Patience));
            return Encoding.Latin1.GetString(fromServer.Drain());
        }
    }

    [Fact]
    public async Task Session_Quit_ReachesTheMachine()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        MemoryPipe toServer = new(4096);
        using HmpSession session = new(new DuplexStream(toServer, new MemoryPipe(1 << 20)), services);
        session.Start();
        toServer.Write("q\n"u8);
        Assert.Equal(0, await machine.Completion.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }
}
