using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>What guest, machine and host know when a story about devices goes wrong.</summary>
internal static class GuestDiagnosis
{
    private const double Patience = 15;

    private static readonly string[] Questions =
    [
        "dmesg | tail -n 15",
        "grep -E '^ *[0-9]+:' /proc/interrupts",
        "for d in /sys/bus/pci/devices/*; do echo ${d##*/} $(cat $d/vendor $d/device) $(readlink $d/driver); done",
        "ifconfig -a; cat /proc/net/arp",
        "for p in $(pidof socat nc dd mount); do echo $p; cat /proc/$p/stack; done",
    ];

    /// <summary>Plays a story; when it fails, its message is followed by the answers to all questions.</summary>
    /// <param name="process">The machine.</param>
    /// <param name="guest">Its guest's shell.</param>
    /// <param name="machine">Asks the machine what it knows, such as its operations.</param>
    /// <param name="story">What is to be played.</param>
    public static void Watch(VmmProcess process, GuestConsole guest, Func<string> machine, Action story)
    {
        try
        {
            story();
        }
        catch (Exception e) when (e is ScenarioException or IOException or InvalidOperationException)
        {
            var findings = new List<string> { e.Message, "== machine", Try(machine), "== threads of the host", Try(() => Threads(process)) };
            findings.Add("== descriptors of the host");
            findings.Add(Try(() => Descriptors(process)));

            WakeShell(process, guest);
            foreach (string question in Questions)
            {
                findings.Add("== " + question);
                findings.Add(Try(() => guest.Run(question, Patience)));
            }

            findings.Add("== standard error of the machine");
            findings.Add(process.Error.All);
            throw new ScenarioException(string.Join('\n', findings));
        }
    }

    // Whatever the shell waits for is given up, and so is what it has started: only when there is no other way.
    private static void WakeShell(VmmProcess process, GuestConsole guest)
    {
        if (Try(() => guest.Run("true", 5)).Length != 0)
        {
            int from = guest.Output.Position;
            process.Type("\u0003");
            _ = Try(() => guest.WaitForPrompt(Patience, from));
        }
    }

    private static string Try(Func<string> question)
    {
        try
        {
            return question();
        }
        catch (Exception e) when (e is ScenarioException or IOException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            return "no answer: " + e.Message;
        }
    }

    private static string Descriptors(VmmProcess process) => string.Join(
        ' ', Directory.EnumerateFileSystemEntries($"/proc/{process.Id}/fd").Select(f => new FileInfo(f).LinkTarget).Order(StringComparer.Ordinal));

    // Name, state and place in the kernel of each thread.
    private static string Threads(VmmProcess process) => string.Join('\n', Directory.EnumerateDirectories($"/proc/{process.Id}/task").Select(task =>
    {
        string[] stat = File.ReadAllText(task + "/stat").Split(' ');
        return $"{File.ReadAllText(task + "/comm").Trim()} {stat[2]} {File.ReadAllText(task + "/wchan")} ticks {stat[13]}+{stat[14]}";
    }));
}
