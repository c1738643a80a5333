using System.Linq;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>
/// What QEMU's own client library and qmp-shell send: every offered capability enabled, ids of the form
/// <c>__qmp#00001</c>, names for completion, and HMP lines with a processor number.
/// </summary>
public sealed class QmpShellTests
{
    [Fact]
    public void Session_FromGreetingToQuit_AnswersWithTheIdsSent()
    {
        FakeVirtualMachine machine = new();
        using MonitorServices services = new(machine);
        using QmpClient client = new(services, negotiate: false);
        Assert.Contains("\"capabilities\": [\"oob\"]", client.ReadLine());
        Assert.Equal(
            "{\"return\": {}}\r\n",
            client.Ask("{\"execute\": \"qmp_capabilities\", \"arguments\": {\"enable\": [\"oob\"]}}\r\n"));
        string commands = client.Ask("{\"execute\": \"query-commands\", \"id\": \"__qmp#00001\"}\r\n");
        Assert.EndsWith("], \"id\": \"__qmp#00001\"}\r\n", commands);
        Assert.Equal(
            services.Commands.Names,
            Answer.Parse(commands).Member("return").AsArray().Select(static entry => entry.Member("name").AsString()));

        // qmp-shell -H completes by asking for help, and follows it with the chosen processor.
        string help = client.Return(
            "{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"help\", \"cpu-index\": 0}, \"id\": \"__qmp#00002\"}").AsString();
        string[] lines = help.Split("\r\n");
        Assert.Equal(string.Empty, lines[^1]);
        Assert.All(lines[..^1], static line => Assert.Contains(" -- ", line));
        Assert.Equal(
            "{\"id\": \"__qmp#00003\", \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command nosuch has not been found\"}}\r\n",
            client.Ask("{\"execute\": \"nosuch\", \"id\": \"__qmp#00003\"}\r\n"));
        string end = client.Ask("{\"execute\": \"quit\", \"id\": \"__qmp#00004\"}\r\n");
        Assert.EndsWith("{\"return\": {}, \"id\": \"__qmp#00004\"}\r\n", end);
    }
}
