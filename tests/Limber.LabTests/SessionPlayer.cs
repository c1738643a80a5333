using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;
using Limber.TestKit.Sessions;

namespace Limber.LabTests;

/// <summary>Plays a session file against Limber and a real guest.</summary>
/// <param name="context">Of the scenario.</param>
/// <param name="file">Name of the file, for messages.</param>
internal sealed class SessionPlayer(LabContext context, string file)
{
    private const double ReplySeconds = 60;
    private const double EventSeconds = 120;
    private const double BootSeconds = 180;
    private const string MonitorPrompt = "(qemu) ";

    private VmmProcess? process;
    private QmpClient? qmp;
    private GuestConsole? guest;
    private string? apiSocket;
    private int bootStart;

    /// <exception cref="SessionException">Something was not as the file says.</exception>
    public void Play(IReadOnlyList<SessionStep> steps)
    {
        foreach (SessionStep step in steps)
        {
            try
            {
                Play(step with { Text = Fill(step.Text) });
            }
            catch (Exception e) when (e is ScenarioException or IOException or FormatException or JsonException or InvalidOperationException)
            {
                throw new SessionException(file, step.Line, $"{step.Verb} {step.Text}: {e.Message}", e);
            }
        }
    }

    private void Play(SessionStep step)
    {
        switch (step.Verb)
        {
            case "$": Start(step.Text); break;
            case "qmp@": Connect(step); break;
            case "qmp>": CheckJson(step, Qmp.Send(step.Text, ReplySeconds)); break;
            case "qmp!": WaitEvent(JsonDocument.Parse(step.Text).RootElement); break;
            case "hmp>": CheckText(step, RunMonitor(step.Text)); break;
            case "hmp!": Process.Type(step.Text + "\n"); break;
            case "guest@": OpenGuest(step.Text); break;
            case "guest$": CheckText(step, Guest.Run(step.Text)); break;
            case "guest?": RunUntil(step); break;
            case "guest!": TypeLast(step.Text); break;
            case "http>": Request(step); break;
            case "curl>": CheckText(step, Curl(step.Text)); break;
            case "threads": CountThreads(step.Text); break;
            case "exit": Check.Equal(int.Parse(step.Text, CultureInfo.InvariantCulture), Process.WaitForExit(ReplySeconds), "exit code"); break;
            default: throw new FormatException("the verb is not known");
        }
    }

    private VmmProcess Process => process ?? throw new FormatException("no process was started");

    private QmpClient Qmp => qmp ?? throw new FormatException("there is no QMP connection");

    private GuestConsole Guest => guest ?? throw new FormatException("there is no console");

    private string Fill(string text) => text
        .Replace("{dir}", Path.GetDirectoryName(context["x"]), StringComparison.Ordinal)
        .Replace("{vmlinux}", context.Vmlinux, StringComparison.Ordinal)
        .Replace("{bzimage}", context.BzImage, StringComparison.Ordinal)
        .Replace("{initramfs-full}", context.FullInitramfs, StringComparison.Ordinal)
        .Replace("{initramfs}", context.Initramfs, StringComparison.Ordinal);

    // The first word is the program's name in the document, which is also the dialect's name.
    private void Start(string line)
    {
        IReadOnlyList<string> words = SessionParser.Words(line);
        string dialect = Path.GetFileName(words[0]) switch
        {
            "qemu-system-x86_64" => "qemu",
            string other => other,
        };
        process = context.Start([dialect, .. words.Skip(1)]);
        apiSocket = words.SkipWhile(w => w != "--api-socket").Skip(1).FirstOrDefault()
            ?? words.FirstOrDefault(w => w.StartsWith("--api-socket=", StringComparison.Ordinal))?["--api-socket=".Length..];
    }

    private void Connect(SessionStep step)
    {
        string[] words = step.Text.Split(' ');
        qmp?.Dispose();
        qmp = context.Connect(words[0], negotiate: words.Length == 1);
        if (step.Expected is not null)
        {
            CheckJson(step, qmp.Greeting);
        }
    }

    private void CheckJson(SessionStep step, JsonElement value)
    {
        if (step.Expected is null)
        {
            Check.True(value.TryGetProperty("return", out _), $"was refused: {value.GetRawText()}");
            return;
        }

        SessionExpectation expected = step.Expected.Single();
        if (Pattern.Difference(JsonDocument.Parse(expected.Text).RootElement, value) is { } difference)
        {
            throw new SessionException(file, expected.Line, difference);
        }
    }

    private void WaitEvent(JsonElement pattern)
    {
        JsonElement found = Qmp.WaitEvent(
            pattern.GetProperty("event").GetString()!,
            EventSeconds,
            e => Pattern.Difference(Bare(pattern), Bare(e)) is null);
        JsonElement time = found.GetProperty("timestamp");
        Check.True(time.GetProperty("seconds").TryGetInt64(out _) && time.GetProperty("microseconds").TryGetInt32(out _), "the timestamp is none");
    }

    // The event without its time.
    private static JsonElement Bare(JsonElement message)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in message.EnumerateObject().Where(m => m.Name != "timestamp"))
            {
                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private string RunMonitor(string line)
    {
        Process.Output.WaitFor(MonitorPrompt, 0, ReplySeconds);
        int from = Process.Output.Position;
        Process.Type(line + "\n");

        // The line editor draws the line anew for every byte; its output begins behind the line end.
        int echo = Process.Output.WaitFor("\n", from, ReplySeconds).Length;
        string text = Process.Output.WaitFor(MonitorPrompt, from + echo, ReplySeconds);
        return text[..^MonitorPrompt.Length].Replace("\r", "", StringComparison.Ordinal);
    }

    private void OpenGuest(string where)
    {
        if (where == "stdio")
        {
            guest = new GuestConsole(Process.Output, Process.Type);
        }
        else if (where != "again")
        {
            SocketConsole console = context.Own(new SocketConsole(where));
            guest = new GuestConsole(console.Output, console.Type);
        }

        Guest.WaitForPrompt(BootSeconds, where == "again" ? bootStart : 0);
    }

    private void TypeLast(string command)
    {
        bootStart = Guest.Output.Position;
        Guest.Type(command);
    }

    private void RunUntil(SessionStep step)
    {
        Deadline deadline = Deadline.In(EventSeconds);
        while (true)
        {
            try
            {
                CheckText(step, Guest.Run(step.Text));
                return;
            }
            catch (SessionException) when (!deadline.HasPassed)
            {
                System.Threading.Thread.Sleep(100);
            }
        }
    }

    private void CheckText(SessionStep step, string output)
    {
        if (step.Expected is null)
        {
            return;
        }

        string[] lines = output.Length == 0 ? [] : output.TrimEnd('\n').Split('\n');
        for (int i = 0; i < step.Expected.Count; i++)
        {
            string line = i < lines.Length ? lines[i].TrimEnd('\r', ' ') : "nothing";
            if (i >= lines.Length || !Pattern.Matches(Fill(step.Expected[i].Text), line))
            {
                throw new SessionException(file, step.Expected[i].Line, $"expected \"{step.Expected[i].Text}\", got \"{line}\"");
            }
        }

        Check.Equal(step.Expected.Count, lines.Length, "number of lines printed");
    }

    private void Request(SessionStep step)
    {
        bootStart = guest?.Output.Position ?? 0;
        string[] words = step.Text.Split(' ', 3);
        (int status, string body) = Rest().Send(words[0], words[1]["/api/v1/".Length..], words.Length == 3 ? words[2] : null);
        string[] expected = (step.Expected?.Single().Text ?? "204").Split(' ', 2);
        Check.Equal(int.Parse(expected[0], CultureInfo.InvariantCulture), status, $"status (body {body})");
        if (expected.Length == 2 && Pattern.Difference(JsonDocument.Parse(expected[1]).RootElement, JsonDocument.Parse(body).RootElement) is { } difference)
        {
            throw new SessionException(file, step.Expected![0].Line, difference);
        }
    }

    private RestClient Rest() => new(apiSocket ?? throw new FormatException("there is no --api-socket"));

    private static string Curl(string line)
    {
        var start = new ProcessStartInfo("curl", SessionParser.Words(line)) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var curl = System.Diagnostics.Process.Start(start)!;
            string output = curl.StandardOutput.ReadToEnd();
            curl.WaitForExit();
            Check.Equal(0, curl.ExitCode, "curl's exit code");
            return output.Replace("\r", "", StringComparison.Ordinal);
        }
        catch (Win32Exception e)
        {
            throw new SkipException($"curl can't be run: {e.Message}");
        }
    }

    private void CountThreads(string text)
    {
        string[] words = text.Split(' ');
        int wanted = int.Parse(words[1], CultureInfo.InvariantCulture);
        Deadline deadline = Deadline.In(ReplySeconds);
        while (Process.CountThreads(words[0]) != wanted && !deadline.HasPassed)
        {
            System.Threading.Thread.Sleep(50);
        }

        Check.Equal(wanted, Process.CountThreads(words[0]), $"host threads named {words[0]}");
    }
}
