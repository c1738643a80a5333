using System;
using System.Text;
using System.Text.RegularExpressions;
using Limber.Servers.Qmp;

namespace Limber.Servers.Tests.Support;

/// <summary>A QMP session with the test as its client. Text is Latin-1: one character a byte.</summary>
internal sealed class QmpClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryPipe toServer = new(1 << 26);
    private readonly MemoryPipe fromServer;

    public QmpClient(MonitorServices services, QmpDialect? dialect = null, bool negotiate = true, QmpSessionOptions? options = null, int window = 1 << 26)
    {
        fromServer = new(window);
        Session = new QmpSession(new DuplexStream(toServer, fromServer), services, dialect ?? QmpDialect.Qemu, options);
        Session.Start();
        if (negotiate)
        {
            Greeting = ReadLine()!;
            if (dialect is null || dialect == QmpDialect.Qemu)
            {
                Assert.Equal("{\"return\": {}}\r\n", Ask("{\"execute\":\"qmp_capabilities\"}"));
            }
        }
    }

    public string? Greeting { get; }

    public QmpSession Session { get; }

    public void Send(string bytes) => toServer.Write(Encoding.Latin1.GetBytes(bytes));

    public void CloseInput() => toServer.End();

    public string? ReadLine() => fromServer.ReadLine(Patience) is { } line ? Encoding.Latin1.GetString(line) : null;

    /// <summary>Sends and returns all output that results; waiting commands excepted.</summary>
    public string Ask(string bytes)
    {
        Send(bytes);
        return Settle();
    }

    public string AskLine(string bytes)
    {
        Send(bytes);
        return ReadLine()!;
    }

    /// <summary>Waits until the session has nothing to do and returns what it wrote, times replaced by digits 0.</summary>
    public string Settle()
    {
        toServer.WaitConsumed(Patience);
        Assert.True(Session.Flush(Patience));
        return WithoutTime(Encoding.Latin1.GetString(fromServer.Drain()));
    }

    public static string WithoutTime(string text) =>
        Regex.Replace(text, "(\"(?:micro)?seconds\": ?)\\d+", "${1}0");

    public void Dispose() => Session.Dispose();
}
