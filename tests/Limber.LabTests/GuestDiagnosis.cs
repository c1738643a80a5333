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

            // Whatever the shell was waiting for is given up first.
            process.Type("\u0003\n");
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
