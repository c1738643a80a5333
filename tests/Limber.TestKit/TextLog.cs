using System;
using System.Text;
using System.Threading;

namespace Limber.TestKit;

/// <summary>Text that grows while somebody waits for a part of it. Thread: any.</summary>
public sealed class TextLog
{
    private readonly object gate = new();
    private readonly StringBuilder text = new();
    private bool closed;

    /// <summary>Everything so far.</summary>
    public string All
    {
        get
        {
            lock (gate)
            {
                return text.ToString();
            }
        }
    }

    /// <summary>Length so far, as a place to search from.</summary>
    public int Position
    {
        get
        {
            lock (gate)
            {
                return text.Length;
            }
        }
    }

    public void Append(string part)
    {
        lock (gate)
        {
            text.Append(part);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Nothing more comes.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>
    /// Waits for <paramref name="wanted"/> behind <paramref name="from"/> and returns the text between there and its end.
    /// </summary>
    /// <exception cref="ScenarioException">It did not come in time, or the text ended.</exception>
    public string WaitFor(string wanted, int from, double seconds)
    {
        Deadline deadline = Deadline.In(seconds);
        lock (gate)
        {
            while (true)
            {
                string tail = text.ToString(from, text.Length - from);
                int at = tail.IndexOf(wanted, StringComparison.Ordinal);
                if (at >= 0)
                {
                    return tail[..(at + wanted.Length)];
                }

                if (closed || !Monitor.Wait(gate, deadline.Left) && deadline.HasPassed)
                {
                    string why = closed ? "the text ended" : $"{seconds} s passed";
                    throw new ScenarioException($"waited for \"{wanted}\" but {why}; last text: \"{Shorten(tail)}\"");
                }
            }
        }
    }

    private static string Shorten(string tail) => (tail.Length > 4000 ? tail[^4000..] : tail).Replace("\r", "", StringComparison.Ordinal);
}
