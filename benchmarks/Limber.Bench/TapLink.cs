using System;
using System.Diagnostics;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>
/// A tap interface of the host with an address, which stays when monitors close it, and the address of the guest at its other end.
/// </summary>
internal sealed class TapLink : IDisposable
{
    /// <param name="monitor">Whose machine it is for.</param>
    /// <param name="card">Which card of that machine.</param>
    public TapLink(int monitor, int card)
    {
        Monitor = monitor;
        Card = card;
        Shell($"tunctl -t {Name} >/dev/null 2>&1 || ip tuntap add dev {Name} mode tap");
        Shell($"ip addr add {Host(monitor, card)}/24 dev {Name} && ip link set {Name} up");
    }

    public int Monitor { get; }

    public int Card { get; }

    public string Name => InterfaceName(Monitor, Card);

    public string Mac => $"52:54:00:4c:{Monitor:x2}:{Card:x2}";

    public static string InterfaceName(int monitor, int card) => $"lbench{monitor}-{card}";

    /// <summary>The host's address.</summary>
    public static string Host(int monitor, int card) => $"10.94.{(monitor * 2) + card}.1";

    /// <summary>The guest's address.</summary>
    public static string Guest(int monitor, int card) => $"10.94.{(monitor * 2) + card}.2";

    public void Dispose() => Shell($"tunctl -d {Name} >/dev/null 2>&1 || ip link del {Name}");

    private static void Shell(string command)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", command]);
        shell.WaitForExit();
        if (shell.ExitCode != 0)
        {
            throw new ScenarioException($"this ended with status {shell.ExitCode}: {command}");
        }
    }
}
