using System;
using System.Globalization;

namespace Limber.TestKit;

/// <summary>The shell on a guest's serial console.</summary>
public sealed class GuestConsole
{
    private const string Prompt = "guest# ";

    private readonly TextLog output;
    private readonly Action<string> type;
    private int marker;

    /// <param name="output">What the guest prints.</param>
    /// <param name="type">Sends text to it.</param>
    public GuestConsole(TextLog output, Action<string> type)
    {
        this.output = output;
        this.type = type;
    }

    /// <summary>Everything the guest printed.</summary>
    public TextLog Output => output;

    /// <summary>Waits for the shell's prompt and returns what came before it.</summary>
    public string WaitForPrompt(double seconds, int from = 0) => output.WaitFor(Prompt, from, seconds);

    /// <summary>Runs a command line and returns what it printed, without the final line end.</summary>
    public string Run(string command, double seconds = 60)
    {
        int from = output.Position;
        string mark = (++marker).ToString(CultureInfo.InvariantCulture);

        // The echo of the line shows the mark in two pieces, the output in one.
        type($"{command}; echo \"E\"ND-{mark}-$?\n");
        string text = output.WaitFor($"END-{mark}-", from, seconds);
        text += output.WaitFor("\n", from + text.Length, 10);
        output.WaitFor(Prompt, from + text.Length, 20);
        text = text.Replace("\r", "", StringComparison.Ordinal);
        int end = text.LastIndexOf($"END-{mark}-", StringComparison.Ordinal);
        string body = text[..end];
        int echoEnd = body.IndexOf($"ND-{mark}-$?\n", StringComparison.Ordinal);
        if (echoEnd >= 0)
        {
            body = body[(echoEnd + $"ND-{mark}-$?\n".Length)..];
        }

        return body.TrimEnd('\n');
    }

    /// <summary>Types a command that does not come back.</summary>
    public void Type(string command) => type(command + "\n");

    /// <summary>Repeats a command until it prints the wanted text.</summary>
    public void RunUntil(string command, string wanted, double seconds)
    {
        Deadline deadline = Deadline.In(seconds);
        string last = "";
        while (!deadline.HasPassed)
        {
            last = Run(command);
            if (last == wanted)
            {
                return;
            }

            System.Threading.Thread.Sleep(100);
        }

        throw new ScenarioException($"the guest's \"{command}\" must print \"{wanted}\" within {seconds} s, and prints \"{last}\"");
    }
}
