using System;
using Limber.Control;
using Limber.Cpu;
using Limber.Servers.Devices;
using Limber.Servers.Devices.Memory;
using Limber.Servers.Devices.Pci;
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
        Things = new NamedThings(machine);
        Blocks = new BlockBackends(machine.Devices);
        Networks = new NetBackends(machine.Devices, Things);
        Devices = new DeviceCommands(machine, Cpus, new PciDeviceCommands(machine, Things), new DimmCommands(machine, Things));
        Ospm = new OspmStatus();
        Hmp = new HmpInterpreter(this);
        subscription = machine.Subscribe(Record);
        foreach (DeviceInfo device in machine.Devices.GetDevices())
        {
            Paths.Note(device);
        }

        foreach (MemoryDeviceInfo device in machine.Memory.GetMemoryDevices())
        {
            Paths.Note(device);
        }
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
    internal DeviceCommands Devices { get; }

    /// <summary>blockdev-add and its like.</summary>
    internal BlockBackends Blocks { get; }

    /// <summary>netdev_add and netdev_del.</summary>
    internal NetBackends Networks { get; }

    /// <summary>Objects and character devices that clients defined.</summary>
    internal NamedThings Things { get; }

    /// <summary>What is inside the devices.</summary>
    internal PeripheralPaths Paths { get; } = new();

    /// <summary>Processors as devices.</summary>
    internal CpuDeviceCommands Cpus { get; }

    /// <summary>The guest's last <c>_OST</c> report of each slot.</summary>
    internal OspmStatus Ospm { get; }

    /// <summary>Runs HMP command lines.</summary>
    internal HmpInterpreter Hmp { get; }

    public void Dispose() => subscription.Dispose();

    private void Record(VmEvent happened)
    {
        Ospm.Record(happened);
        Paths.Record(happened);
    }
}
