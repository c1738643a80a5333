using System.Globalization;
using System.IO;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>
/// DPDK's testpmd (<c>lab/dpdk</c>): a vhost-user back end that moves frames between a card and a tap interface of the host.
/// <code>
///   guest's card -- vhost-user -- testpmd -- tap interface with the host's address
/// </code>
/// </summary>
internal sealed class Testpmd
{
    public const string Tap = "dtap0";

    private const double Patience = 30;
    private readonly VmmProcess process;

    private Testpmd(VmmProcess process) => this.process = process;

    /// <summary>Starts it, and returns when its interface has the address.</summary>
    /// <param name="context">The scenario's.</param>
    /// <param name="socket">Where it listens, or connects to.</param>
    /// <param name="hostAddress">Of the host's end.</param>
    /// <param name="connects">It connects, again and again, instead of listening.</param>
    /// <param name="pairs">Pairs of queues.</param>
    public static Testpmd Start(LabContext context, string socket, string hostAddress, bool connects = false, int pairs = 1)
    {
        string count = pairs.ToString(CultureInfo.InvariantCulture);
        VmmProcess process = context.Own(new VmmProcess(
            Path.Combine(context.Dpdk, "testpmd"),
            [
                "--lcores", "0@0,1@0", "--no-huge", "--no-pci", "--no-telemetry", "--no-shconf", "-m", "64",
                "--vdev", $"net_vhost0,iface={socket},queues={count}{(connects ? ",client=1" : "")}", "--vdev", $"net_tap0,iface={Tap}",
                "--", "--forward-mode=io", "--auto-start", "--total-num-mbufs=4096", "--no-mlockall", "--no-lsc-interrupt", "--disable-link-check",
                "--rxq=" + count, "--txq=" + count,
            ]));
        Deadline deadline = Deadline.In(Patience);
        while (!IsUp())
        {
            Check.True(!deadline.HasPassed && !process.HasExited, $"testpmd does not begin: {process.Error.All}");
            Thread.Sleep(20);
        }

        Shell.Run($"busybox ifconfig {Tap} {hostAddress} netmask 255.255.255.0 up 2>/dev/null || (ip address add {hostAddress}/24 dev {Tap} && ip link set {Tap} up)");
        return new Testpmd(process);
    }

    /// <summary>What it said of the connection.</summary>
    public string Log => process.Error.All;

    /// <summary>Kills it; its interface goes with it.</summary>
    public void Kill()
    {
        Shell.Run("kill -KILL " + process.Id.ToString(CultureInfo.InvariantCulture));
        _ = process.WaitForExit(10);
    }

    // It brings the interface up when it begins to forward; what it says on standard output waits in a buffer.
    private static bool IsUp()
    {
        const int Up = 1;
        string flags = $"/sys/class/net/{Tap}/flags";
        return File.Exists(flags)
            && int.TryParse(File.ReadAllText(flags).Trim()["0x".Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int value)
            && (value & Up) != 0;
    }
}
