using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Limber.TestKit;

namespace Limber.Tests;

/// <summary>What careless and hostile clients of QMP and HMP do to the real executable: nothing to anybody else.</summary>
public sealed class MonitorRobustnessTests : IDisposable
{
    private const string Negotiate = "{\"execute\":\"qmp_capabilities\"}\n";

    private readonly RunningVmm vmm = RunningVmm.StartWithMonitors();

    public void Dispose() => vmm.Dispose();

    [Theory]
    [InlineData("}{]", "expecting value")]
    [InlineData("{\"execute\": }\n", "expecting value")]
    [InlineData("{\"execute\": \"query-status\", \"execute\": \"quit\"}", "duplicate key")]
    [InlineData("{\"execute\": \"\\ud800\"}\n", "JSON parse error")]
    [InlineData("\0\0\0", "stray")]
    public void Qmp_Malformed_IsAnErrorAndTheNextCommandWorks(string garbage, string error)
    {
        using Socket socket = Negotiated();
        socket.Send(Encoding.Latin1.GetBytes(garbage));
        Assert.Contains(error, RunningVmm.ReadUntil(socket, error));
        ExpectAnswers(socket);
        vmm.ExpectAlive();
    }

    [Fact]
    public void Qmp_StringOf64MiB_IsRefusedAndOthersAreServedMeanwhile()
    {
        using Socket socket = Negotiated();
        var sending = new Background<bool>(() =>
        {
            socket.Send("{\"execute\":\""u8);
            byte[] part = new byte[1 << 20];
            part.AsSpan().Fill((byte)'a');
            for (int i = 0; i < 65; i++)
            {
                socket.Send(part);
            }

            socket.Send("\"}\n"u8);
            return true;
        });
        vmm.ExpectAlive();
        Assert.Contains("limit exceeded", RunningVmm.ReadUntil(socket, "limit exceeded"));

        // What follows the limit is read as new input, whose errors must be taken off the wire for the sender to end.
        var draining = new Background<string>(() => RunningVmm.ReadUntil(socket, "\"id\": \"last\"}"));
        sending.Take();
        socket.Send("\"\n{\"execute\":\"query-status\",\"id\":\"last\"}\n"u8);
        socket.Send("{\"execute\":\"query-status\",\"id\":\"last\"}\n"u8);
        Assert.Contains("\"running\": true", draining.Take());
        vmm.ExpectAlive();
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Qmp_HundredThousandLevels_AreRefused(char open)
    {
        using Socket socket = Negotiated();
        var reading = new Background<string>(() => RunningVmm.ReadUntil(socket, "\"id\": \"last\"}"));
        socket.Send(Encoding.ASCII.GetBytes(open == '[' ? new string('[', 100_000) : string.Concat(Enumerable.Repeat("{\"a\":", 100_000))));

        // 0xFF is no JSON: clients send it to make the parser begin anew.
        socket.Send([0xFF, (byte)'\n']);
        socket.Send("{\"execute\":\"query-status\",\"id\":\"last\"}\n"u8);
        Assert.Contains("limit exceeded", reading.Take());
        vmm.ExpectAlive();
    }

    [Fact]
    public void Qmp_ClientThatNeverReads_HoldsUpNobody()
    {
        using Socket silent = Negotiated();
        using QmpClient busy = QmpClient.Connect(vmm.Qmp);
        for (int i = 0; i < 3000; i++)
        {
            busy.Execute("stop");
            busy.Execute("cont");
        }

        Assert.Equal("running", busy.Execute("query-status").GetProperty("status").GetString());
        vmm.ExpectAlive();
        vmm.Quit();
    }

    [Fact]
    public void Qmp_TwoHundredClients_AreAllServed()
    {
        List<Socket> sockets = [.. Enumerable.Range(0, 200).Select(_ => Negotiated())];
        sockets.ForEach(s => s.Send("{\"execute\":\"query-status\",\"id\":\"last\"}\n"u8));
        Assert.All(sockets, s => Assert.Contains("\"status\": \"running\"", RunningVmm.ReadUntil(s, "\"id\": \"last\"}")));
        sockets.ForEach(s => s.Dispose());
        vmm.ExpectAlive();
        vmm.Quit();
    }

    [Fact]
    public void Qmp_OutOfBand_OvertakesAWaitingCommand()
    {
        using Socket socket = RunningVmm.Connect(vmm.Qmp);
        socket.Send("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}\n"u8);
        RunningVmm.ReadUntil(socket, "{\"return\": {}}");
        socket.Send("{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"generic-x86-cpu\",\"id\":\"c\",\"cpu-id\":1},\"id\":1}\n"u8);
        RunningVmm.ReadUntil(socket, "\"id\": 1}");
        socket.Send("{\"execute\":\"x-limber-wait-operation\",\"arguments\":{\"id\":1,\"timeout\":2},\"id\":2}\n{\"exec-oob\":\"x-limber-query-operations\",\"id\":3}\n"u8);
        string text = RunningVmm.ReadUntil(socket, "\"id\": 2}");
        Assert.InRange(text.IndexOf("\"id\": 3}", StringComparison.Ordinal), 0, text.IndexOf("\"id\": 2}", StringComparison.Ordinal));
        vmm.ExpectAlive();
    }

    [Fact]
    public void Qmp_HalfClosed_IsAnsweredThenClosed()
    {
        using Socket socket = RunningVmm.Connect(vmm.Qmp);
        socket.Send(Encoding.ASCII.GetBytes(Negotiate + "{\"execute\":\"query-status\",\"id\":7}\n{\"execute\":\"query"));
        socket.Shutdown(SocketShutdown.Send);
        string text = RunningVmm.ReadUntil(socket, "no such text");
        Assert.Contains("\"id\": 7}", text);
        vmm.ExpectAlive();
    }

    [Fact]
    public void Qmp_ClientsThatLeaveAtOnce_LeaveNothingBehind()
    {
        for (int i = 0; i < 300; i++)
        {
            using Socket socket = RunningVmm.Connect(vmm.Qmp);
            socket.Send(Encoding.ASCII.GetBytes(Negotiate));
        }

        vmm.ExpectAlive();
        vmm.Quit();
    }

    [Fact]
    public void Hmp_BinaryGarbage_HurtsNobody()
    {
        var random = new Random(5);
        using Socket socket = RunningVmm.Connect(vmm.Hmp);
        RunningVmm.ReadUntil(socket, "(qemu) ");
        byte[] noise = new byte[1 << 16];
        random.NextBytes(noise);

        // Without line ends in it nothing is run; a word that means something is unlikely, and quit would show.
        var reading = new Background<string>(() => RunningVmm.ReadUntil(socket, "VM status: running"));
        socket.Send(noise);
        socket.Send("\ninfo status\n"u8);
        Assert.Contains("VM status: running", reading.Take());
        vmm.ExpectAlive();
    }

    private static void ExpectAnswers(Socket socket)
    {
        socket.Send("\n{\"execute\":\"query-status\",\"id\":\"last\"}\n"u8);
        string text = RunningVmm.ReadUntil(socket, "\"id\": \"last\"}");
        string line = text.Split("\r\n").Last(l => l.Contains("last", StringComparison.Ordinal));
        Assert.True(JsonDocument.Parse(line).RootElement.GetProperty("return").GetProperty("running").GetBoolean());
    }

    private Socket Negotiated()
    {
        Socket socket = RunningVmm.Connect(vmm.Qmp);
        socket.Send(Encoding.ASCII.GetBytes(Negotiate));
        RunningVmm.ReadUntil(socket, "{\"return\": {}}");
        return socket;
    }
}
