using System;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Devices;
using Limber.Servers.Hmp;
using Limber.Servers.Qmp;

namespace Limber.Servers;

/// <summary>
/// What all QMP and HMP sessions of one machine share. Create one a machine before the guest starts: it records the
/// guest's <c>_OST</c> reports from then on. Thread: any.
/// </summary>
public sealed class MonitorServices : IDisposable
{
    private readonly IDisposable subscription;

    public MonitorServices(IVirtualMachine machine)
    {
        Machine = machine;
        Cpus = new CpuDeviceCommands(machine);
        Ospm = new OspmStatus();
        Hmp = new HmpInterpreter(this);
        subscription = machine.Subscribe(Ospm.Record);
    }

    public IVirtualMachine Machine { get; }

    /// <summary>
    /// The features a guest gets on this host (<see cref="CpuidBuilder.Features"/>), for query-cpu-model-expansion; null
    /// when the host is not known. Thread: any.
    /// </summary>
    public Func<CpuSpec, CpuFeatureSet>? ResolveFeatures { get; init; }

    /// <summary>All commands of both dialects.</summary>
    public QmpCommandTable Commands => QmpCommandTable.Default;

    /// <summary>device_add and device_del, for QMP and HMP alike.</summary>
    internal CpuDeviceCommands Cpus { get; }

    /// <summary>The guest's last <c>_OST</c> report of each slot.</summary>
    internal OspmStatus Ospm { get; }

    /// <summary>Runs HMP command lines.</summary>
    internal HmpInterpreter Hmp { get; }

    public void Dispose() => subscription.Dispose();
}
