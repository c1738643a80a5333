using System;
using System.Collections.Generic;
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
        ILookup<bool, OperationBody> pending = machine.GetOperations()
            .Select(static operation => operation.Current)
            .Where(static operation => !operation.IsFinal)
            .ToLookup(IsOnMemory, OperationBody.Of);
        MemorySummary summary = machine.Memory.GetSummary();
        IReadOnlyList<MemoryDeviceInfo> memory = machine.Memory.GetMemoryDevices();
        return new VmInfo(
            DescribeConfig(
                config, plugged, DeviceListBuilder.Build(machine.Devices), DescribeConsole(machine.Devices), DescribeMemory(config.Memory, summary, memory)),
            StateName(state),
            summary.TotalSize - Math.Min(machine.Devices.GetBalloon() ?? 0, summary.TotalSize),
            state == RunState.Prelaunch ? null : DeviceNodeBody.Tree(machine.Devices.GetDevices()),
            new LimberInfo(
                OperationBody.Kebab(state.ToString()),
                new LimberVcpus(plugged, [.. pending[false]]),
                new LimberMemory(
                    summary.BaseSize, summary.PluggedSize, summary.MaximumSize, summary.Slots, [.. memory.Select(MemoryDeviceBody.Of)], [.. pending[true]])));
    }

    private static bool IsOnMemory(OperationSnapshot operation) =>
        operation.Kind is OperationKind.MemoryPlug or OperationKind.MemoryUnplug or OperationKind.MemoryResize;

    private static MemoryConfigBody DescribeMemory(MemoryConfig config, MemorySummary summary, IReadOnlyList<MemoryDeviceInfo> devices)
    {
        ulong dimms = Sum(devices, MemoryDeviceKind.Dimm);
        bool hasVirtioMem = devices.Any(static device => device.Kind == MemoryDeviceKind.VirtioMem);
        return new MemoryConfigBody(
            config.Zones.IsEmpty ? summary.BaseSize + dimms : 0,
            config.Shared,
            Mergeable: false,
            config.HugePages,
            config.Preallocate,
            config.HotplugMethod.ToString(),
            config.HotplugSize == 0 ? null : config.HotplugSize,
            hasVirtioMem ? Sum(devices, MemoryDeviceKind.VirtioMem) : null)
        {
            HugepageSize = config.HugePageSize,
            Zones = config.Zones.IsEmpty ? null : [.. config.Zones.Select(zone => DescribeZone(zone, devices))],
        };
    }

    private static MemoryZoneBody DescribeZone(MemoryZoneConfig zone, IReadOnlyList<MemoryDeviceInfo> devices) => new(
        zone.Id,
        zone.Size,
        zone.Shared,
        zone.HugePages,
        zone.Preallocate,
        zone.HotplugSize == 0 ? null : zone.HotplugSize,
        zone.HotplugSize == 0 ? null : devices.FirstOrDefault(device => device.Id == zone.Id)?.Size)
    {
        HugepageSize = zone.HugePageSize,
    };

    private static ulong Sum(IReadOnlyList<MemoryDeviceInfo> devices, MemoryDeviceKind kind) =>
        devices.Where(device => device.Kind == kind).Aggregate(0UL, static (sum, device) => sum + device.Size);

    private static VmConfigBody DescribeConfig(
        VmConfig config, int plugged, DeviceLists devices, ConsoleConfigBody console, MemoryConfigBody memory)
    {
        CpuTopology topology = config.Cpus.Topology;
        return new VmConfigBody(
            new CpusConfigBody(
                plugged,
                config.Cpus.Max,
                new CpuTopologyBody(topology.Threads, topology.Modules * topology.Cores, topology.Dies, topology.Sockets),
                KvmHyperv: false),
            memory,
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
