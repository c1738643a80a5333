using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;

namespace Limber.Demo;

/// <summary>Prints a story: chapters, what went over the wire, what the guest saw, and how long it took.</summary>
internal sealed class StoryConsole
{
    private const string Bold = "\u001b[1m";
    private const string Dim = "\u001b[2m";
    private const string Cyan = "\u001b[36m";
    private const string Green = "\u001b[32m";
    private const string Red = "\u001b[31m";
    private const string Plain = "\u001b[0m";
    private const int WireWidth = 150;

    private readonly Lock gate = new();
    private int chapter;

    public void Chapter(string title) => Line($"\n{Bold}{++chapter}. {title}{Plain}");

    public void Say(string text) => Line($"   {text}");

    /// <summary>Lines of a monitor.</summary>
    public void Text(string lines)
    {
        foreach (string line in lines.TrimEnd().Split('\n'))
        {
            Say(line.TrimEnd('\r'));
        }
    }

    /// <summary>A message of the QMP connection: "C: " from the client, "S: " from the server.</summary>
    public void Wire(string message)
    {
        string arrow = message.StartsWith("C: ", StringComparison.Ordinal) ? $"{Cyan}-> " : $"{Green}<- ";
        string text = message[3..];
        Line($"   {arrow}{(text.Length > WireWidth ? text[..WireWidth] + " ..." : text)}{Plain}");
    }

    /// <summary>A command in the guest's shell and what it printed.</summary>
    public void Guest(string command, string output)
    {
        Line($"   {Dim}guest#{Plain} {command}");
        foreach (string line in output.Split('\n'))
        {
            Line($"   {Dim}     |{Plain} {line}");
        }
    }

    /// <summary>How long something took.</summary>
    public void Time(string what, TimeSpan time) =>
        Line($"   {Bold}{what}: {(time.TotalSeconds < 1 ? $"{time.TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture)} ms" : $"{time.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)} s")}{Plain}");

    public void Failure(string message) => Line($"\n{Red}The demonstration failed: {message}{Plain}");

    /// <summary>Does something long with a dot a second.</summary>
    public TimeSpan WithProgress(string what, Action action)
    {
        long begin = Stopwatch.GetTimestamp();
        lock (gate)
        {
            Console.Write($"   {Dim}{what} ");
        }

        using (new Timer(_ => Console.Write("."), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)))
        {
            action();
        }

        Line(Plain);
        return Stopwatch.GetElapsedTime(begin);
    }

    private void Line(string text)
    {
        lock (gate)
        {
            Console.WriteLine(text);
        }
    }
}
