using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using Limber.Testing;

namespace Limber.TestKit;

/// <summary>A QMP client that keeps every message it saw.</summary>
public sealed class QmpClient : IDisposable
{
    private readonly object gate = new();
    private readonly Socket socket;
    private readonly List<JsonElement> replies = [];
    private readonly List<JsonElement> events = [];
    private readonly List<string> raw = [];
    private bool closed;

    private QmpClient(Socket socket) => this.socket = socket;

    /// <summary>Sees every line in both directions ("C: ..." and "S: ...") as it passes.</summary>
    public Action<string> Trace { get; set; } = static _ => { };

    /// <summary>The first message.</summary>
    public JsonElement Greeting { get; private set; }

    /// <summary>Connects as soon as the socket is there, reads the greeting, and negotiates if asked to.</summary>
    public static QmpClient Connect(string path, bool negotiate = true, double seconds = 30, Action<string>? trace = null)
    {
        Deadline deadline = Deadline.In(seconds);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                var client = new QmpClient(socket);
                if (trace is not null)
                {
                    client.Trace = trace;
                }

                new Thread(client.Read) { IsBackground = true, Name = "qmp-client" }.Start();
                client.Greeting = client.TakeReply(seconds);
                if (negotiate)
                {
                    client.Execute("qmp_capabilities");
                }

                return client;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                if (deadline.HasPassed)
                {
                    throw new ScenarioException($"nobody listens on {path} after {seconds} s: {e.Message}");
                }

                Thread.Sleep(20);
            }
        }
    }

    /// <summary>Runs a command and returns the value of "return".</summary>
    /// <param name="command">Name.</param>
    /// <param name="arguments">JSON text of the arguments, or null.</param>
    /// <param name="seconds">How long to wait.</param>
    /// <exception cref="ScenarioException">The reply is an error.</exception>
    public JsonElement Execute(string command, string? arguments = null, double seconds = 60)
    {
        JsonElement reply = Send(arguments is null ? $$"""{"execute": "{{command}}"}""" : $$"""{"execute": "{{command}}", "arguments": {{arguments}}}""", seconds);
        return reply.TryGetProperty("return", out JsonElement value) ? value : throw new ScenarioException($"{command} answered {reply.GetRawText()}");
    }

    /// <summary>Runs a command with a descriptor beside it, which stays the caller's.</summary>
    /// <exception cref="ScenarioException">The reply is an error.</exception>
    public void ExecuteWith(int descriptor, string command, string arguments)
    {
        string line = $$"""{"execute": "{{command}}", "arguments": {{arguments}}}""";
        Trace("C: " + line);
        DescriptorSender.Send(socket, Encoding.UTF8.GetBytes(line + "\n"), descriptor);
        JsonElement reply = TakeReply(60);
        if (!reply.TryGetProperty("return", out _))
        {
            throw new ScenarioException($"{command} answered {reply.GetRawText()}");
        }
    }

    /// <summary>Runs a command that must fail and returns "class: desc".</summary>
    public string ExecuteFailing(string command, string? arguments = null)
    {
        JsonElement reply = Send(arguments is null ? $$"""{"execute": "{{command}}"}""" : $$"""{"execute": "{{command}}", "arguments": {{arguments}}}""", 30);
        if (!reply.TryGetProperty("error", out JsonElement error))
        {
            throw new ScenarioException($"{command} {arguments} must fail, and answered {reply.GetRawText()}");
        }

        return $"{error.GetProperty("class").GetString()}: {error.GetProperty("desc").GetString()}";
    }

    /// <summary>Sends a line as it is and returns the next reply.</summary>
    public JsonElement Send(string line, double seconds = 60)
    {
        Trace("C: " + line);
        socket.Send(Encoding.UTF8.GetBytes(line + "\n"));
        return TakeReply(seconds);
    }

    /// <summary>Waits for the next event of a name, taking it and those before it off the list.</summary>
    public JsonElement WaitEvent(string name, double seconds = 60, Predicate<JsonElement>? condition = null)
    {
        Deadline deadline = Deadline.In(seconds);
        lock (gate)
        {
            while (true)
            {
                int at = events.FindIndex(e => e.GetProperty("event").GetString() == name && (condition is null || condition(e)));
                if (at >= 0)
                {
                    JsonElement found = events[at];
                    events.RemoveRange(0, at + 1);
                    return found;
                }

                if (closed || !Monitor.Wait(gate, deadline.Left) && deadline.HasPassed)
                {
                    throw new ScenarioException($"no event {name} within {seconds} s; last messages: {Tail()}");
                }
            }
        }
    }

    /// <summary>Events that came and were not taken.</summary>
    public IReadOnlyList<JsonElement> PendingEvents
    {
        get
        {
            lock (gate)
            {
                return [.. events];
            }
        }
    }

    /// <summary>Waits for the server to close the connection.</summary>
    public void WaitClosed(double seconds)
    {
        Deadline deadline = Deadline.In(seconds);
        lock (gate)
        {
            while (!closed)
            {
                if (!Monitor.Wait(gate, deadline.Left) && deadline.HasPassed)
                {
                    throw new ScenarioException($"the server did not close the connection within {seconds} s");
                }
            }
        }
    }

    public void Dispose() => socket.Dispose();

    private JsonElement TakeReply(double seconds)
    {
        Deadline deadline = Deadline.In(seconds);
        lock (gate)
        {
            while (replies.Count == 0)
            {
                if (closed || !Monitor.Wait(gate, deadline.Left) && deadline.HasPassed)
                {
                    throw new ScenarioException($"no reply within {seconds} s; last messages: {Tail()}");
                }
            }

            JsonElement reply = replies[0];
            replies.RemoveAt(0);
            return reply;
        }
    }

    private string Tail() => string.Join(" | ", raw.Count > 6 ? raw.GetRange(raw.Count - 6, 6) : raw);

    private void Read()
    {
        try
        {
            using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
            while (reader.ReadLine() is { } line)
            {
                JsonElement message = JsonDocument.Parse(line).RootElement;
                Trace("S: " + line);
                lock (gate)
                {
                    raw.Add(line);
                    (message.TryGetProperty("event", out _) ? events : replies).Add(message);
                    Monitor.PulseAll(gate);
                }
            }
        }
        catch (IOException)
        {
            // The server is gone.
        }
        catch (ObjectDisposedException)
        {
            // We are gone.
        }

        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }
}
