using System.Linq;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Cpu;
using Limber.Rest.Json.Devices;

namespace Limber.Rest.Json;

/// <summary>Says what a machine is in the words of Cloud Hypervisor.</summary>
internal static class VmInfoBuilder
{
    public static VmInfo Build(IVirtualMachine machine)
    {
        VmConfig config = machine.Config;
        RunState state = machine.State;
        int plugged = machine.GetCpuSlots().Count(slot => slot.Occupant is not null);
        OperationBody[] pending =
        [
            .. machine.GetOperations()
                .Select(operation => operation.Current)
                .Where(operation => !operation.IsFinal)
                .Select(OperationBody.Of),
        ];
        return new VmInfo(
            DescribeConfig(config, plugged, DeviceListBuilder.Build(machine.Devices), DescribeConsole(machine.Devices)),
            StateName(state),
            config.Memory.Size,
            new LimberInfo(OperationBody.Kebab(state.ToString()), new LimberVcpus(plugged, pending)));
    }

    private static VmConfigBody DescribeConfig(VmConfig config, int plugged, DeviceLists devices, ConsoleConfigBody console)
    {
        CpuTopology topology = config.Cpus.Topology;
        return new VmConfigBody(
            new CpusConfigBody(
                plugged,
                config.Cpus.Max,
                new CpuTopologyBody(topology.Threads, topology.Modules * topology.Cores, topology.Dies, topology.Sockets),
                KvmHyperv: false),
            new MemoryConfigBody(config.Memory.Size, config.Memory.Shared, Mergeable: false, Hugepages: false, Prefault: false),
            new PayloadConfigBody(
                config.Payload.Kernel,
                config.Payload.CommandLine.Length == 0 ? null : config.Payload.CommandLine,
                config.Payload.Initramfs),
            DescribeSerial(config.Serials.IsDefaultOrEmpty ? null : config.Serials[0]),
            console)
        {
            Disks = devices.Disks,
            Net = devices.Net,
            Rng = devices.Rng,
            Balloon = devices.Balloon,
            Fs = devices.Fs,
            Pmem = devices.Pmem,
            Devices = devices.Devices,
            Vsock = devices.Vsock,
            Numa = NumaConfigBody.Of(config.Numa),
        };
    }

    private static ConsoleConfigBody DescribeConsole(IDeviceManager manager) =>
        manager.GetDevices().Select(static device => device.Config).OfType<ConsoleDeviceConfig>().FirstOrDefault(static device => device.IsSingleConsole) is { } console
            ? DescribeSerial(console.Ports[0].Backend ?? new ChardevConfig.Null())
            : new ConsoleConfigBody("Off");

    private static ConsoleConfigBody DescribeSerial(ChardevConfig? serial) => serial switch
    {
        null => new ConsoleConfigBody("Off"),
        ChardevConfig.Stdio => new ConsoleConfigBody("Tty"),
        ChardevConfig.Pty => new ConsoleConfigBody("Pty"),
        ChardevConfig.File file => new ConsoleConfigBody("File", File: file.Path),
        ChardevConfig.UnixSocket socket => new ConsoleConfigBody("Socket", Socket: socket.Path),
        ChardevConfig.TcpSocket socket => new ConsoleConfigBody("Socket", Socket: $"tcp:{socket.Host}:{socket.Port}"),
        _ => new ConsoleConfigBody("Null"),
    };

    /// <summary>After an internal error, as after a shutdown, only a reboot helps.</summary>
    private static string StateName(RunState state) => state switch
    {
        RunState.Prelaunch => "Created",
        RunState.Running => "Running",
        RunState.Paused => "Paused",
        _ => "Shutdown",
    };
}
