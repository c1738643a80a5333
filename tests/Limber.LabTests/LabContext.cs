using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>What every scenario gets: the executable, the guest's files, and a place for its own.</summary>
internal sealed class LabContext : IDisposable
{
    private const double StartSeconds = 90;

    private readonly TemporaryDirectory directory = new();
    private readonly List<IDisposable> owned = [];
    private readonly HashSet<string> monitors = [];

    public required string Limber { get; init; }

    public required string Guest { get; init; }

    /// <summary>Directory of the Debian installation's disk images.</summary>
    /// <exception cref="SkipException">None was named.</exception>
    public string Distro
    {
        get => field.Length > 0 ? field : throw new SkipException("no directory with a Debian installation was named (--distro)");
        init;
    } = "";

    /// <summary>Directory with DPDK's testpmd.</summary>
    /// <exception cref="SkipException">None was named.</exception>
    public string Dpdk
    {
        get => field.Length > 0 ? field : throw new SkipException("no directory with DPDK's testpmd was named (--dpdk)");
        init;
    } = "";

    /// <summary>How many steps a random scenario takes; null for its own number.</summary>
    public int? Steps { get; init; }

    /// <summary>What it begins its random numbers with; null for another one each time.</summary>
    public int? Seed { get; init; }

    /// <summary>Figures to report with the result.</summary>
    public List<string> Figures { get; } = [];

    public string Vmlinux => Path.Combine(Guest, "vmlinux");

    public string BzImage => Path.Combine(Guest, "bzImage");

    public string Initramfs => Path.Combine(Guest, "initramfs.cpio");

    /// <summary>With the drivers of all devices.</summary>
    public string FullInitramfs => Path.Combine(Guest, "initramfs-full.cpio");

    /// <summary>A path for a socket or file of the scenario.</summary>
    public string this[string name] => directory[name];

    /// <summary>Starts Limber with a command line.</summary>
    public VmmProcess Start(params string[] arguments)
    {
        var process = new VmmProcess(Limber, arguments);
        owned.Add(process);
        return process;
    }

    /// <summary>Starts a QEMU-style machine with the test guest on a serial console and a QMP socket.</summary>
    /// <param name="smp">Argument of <c>-smp</c>.</param>
    /// <param name="kernel">Kernel path; null for <see cref="Vmlinux"/>.</param>
    /// <param name="append">More kernel parameters.</param>
    /// <param name="extra">More options.</param>
    public LabVm StartGuest(string smp, string? kernel = null, string append = "", params string[] extra)
    {
        string socket = this[$"qmp{owned.Count}"];
        VmmProcess process = Start(
        [
            "-display", "none", "-no-user-config", "-nodefaults", "-m", "512", "-machine", "q35,accel=kvm", "-cpu", "host", "-smp", smp,
            "-serial", "stdio", "-qmp", $"unix:{socket},server=on,wait=off",
            "-kernel", kernel ?? Vmlinux, "-initrd", Initramfs,
            "-append", $"console=ttyS0 quiet panic=-1 limber.noecho {append}".TrimEnd(), .. extra,
        ]);
        QmpClient qmp = Connect(socket);
        return new LabVm(process, qmp, new GuestConsole(process.Output, process.Type));
    }

    /// <summary>What the machines do now, for the report of a failure.</summary>
    public IEnumerable<string> Describe() =>
        [.. owned.OfType<VmmProcess>().SelectMany(FailureReport.Describe), .. monitors.SelectMany(FailureReport.DescribeByMonitor)];

    /// <summary>Another QMP connection.</summary>
    public QmpClient Connect(string socket, bool negotiate = true)
    {
        // The greeting comes when the machine is made, boot image and all.
        QmpClient client = QmpClient.Connect(socket, negotiate, StartSeconds);
        monitors.Add(socket);
        owned.Add(client);
        return client;
    }

    /// <summary>Something to dispose of with the scenario.</summary>
    public T Own<T>(T item)
        where T : IDisposable
    {
        owned.Add(item);
        return item;
    }

    public void Dispose()
    {
        foreach (IDisposable item in owned)
        {
            item.Dispose();
        }

        directory.Dispose();
    }
}
