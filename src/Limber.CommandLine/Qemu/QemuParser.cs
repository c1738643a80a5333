using System;
using System.Collections.Generic;
using Limber.CommandLine.Devices;
using Limber.CommandLine.Qemu.Devices;
using Limber.Config;

namespace Limber.CommandLine.Qemu;

/// <summary>Parses one command line in QEMU's dialect. An instance is used once.</summary>
internal sealed class QemuParser(string programName)
{
    private const string DefaultCpuModel = "qemu64";

    private readonly QemuMachineOption _machine = new();
    private readonly QemuMemoryOption _memory = new();
    private readonly QemuConsoles _consoles = new();
    private readonly QemuNumaOptions _numa = new();
    private readonly QemuDevices _pciDevices = new();
    private string _cpuModel = DefaultCpuModel;
    private string? _name;
    private Guid _uuid;
    private string? _pidFile;
    private string? _limber;
    private readonly List<string> _devices = [];
    private bool _startPaused;
    private bool _noReboot;
    private bool _noShutdown;
    private bool _noGraphic;
    private bool _noDefaults;
    private bool _preallocate;

    /// <summary>Parses the arguments after the program's name.</summary>
    public CommandLineResult Parse(IReadOnlyList<string> args)
    {
        for (int i = 0; i < args.Count; i++)
        {
            string arg = args[i];
            if (!arg.StartsWith('-'))
            {
                throw CommandLineException.NotBuilt($"{arg}: a disk image as argument");
            }

            string name = arg.StartsWith("--", StringComparison.Ordinal) ? arg[2..] : arg[1..];
            if (!QemuOptionTable.Contains(name))
            {
                throw new CommandLineException($"{arg}: invalid option");
            }

            CommandLineResult? stop;
            if (!QemuOptionTable.TakesValue(name))
            {
                stop = ApplyFlag(name, arg);
            }
            else if (++i < args.Count)
            {
                stop = ApplyValue(name, args[i], $"{arg} {args[i]}");
            }
            else
            {
                throw new CommandLineException($"{arg}: requires an argument");
            }

            if (stop is not null)
            {
                return stop;
            }
        }

        VmConfig config = Finish();
        return new CommandLineResult.Run(config) { Warnings = _numa.Warnings };
    }

    private VmConfig Finish()
    {
        _machine.Check();
        CpuConfig cpus = QemuCpuOptions.Resolve(_machine.Type, _machine.Smp, _cpuModel);
        MemoryConfig memory = _memory.Resolve();
        _consoles.Define();
        DeviceCollection devices = new(_consoles.Take, QemuMachineType.RootBus(_machine.Type));
        _pciDevices.Resolve(devices);
        if (devices.Dimms.Length > 0 && memory.Slots == 0)
        {
            // Sic.
            throw new CommandLineException("-device pc-dimm: no slots where allocated, please specify the 'slots' option");
        }

        BootMemoryBackends backends = new(devices);
        NumaConfig numa = _numa.Resolve(_machine.Type, cpus, memory, backends);
        memory = backends.Apply(memory with { Preallocate = _preallocate });
        (var serials, var monitors) = _consoles.Resolve(_noGraphic, _noDefaults);
        VmConfig config = new()
        {
            Dialect = Dialect.Qemu,
            Name = _name,
            Uuid = _uuid,
            MachineType = _machine.Type,
            Cpus = cpus,
            Memory = memory,
            Numa = numa,
            Payload = new PayloadConfig(NullIfEmpty(_machine.Kernel), NullIfEmpty(_machine.Initrd), _machine.Append ?? ""),
            Serials = serials,
            Monitors = monitors,
            Devices = [.. _devices],
            Backends = devices.Backends,
            Dimms = devices.Dimms,
            PciDevices = devices.Devices,
            StartPaused = _startPaused,
            NoReboot = _noReboot,
            NoShutdown = _noShutdown,
            PidFile = _pidFile,
        };
        return LimberOption.Apply(config, "-" + LimberOption.Name, _limber);
    }

    private CommandLineResult? ApplyFlag(string name, string option)
    {
        switch (name)
        {
            case "version":
                return new CommandLineResult.PrintAndExit($"{programName}: Limber {ProductVersion.Text}, QEMU's dialect\n");
            case "h" or "help":
                return new CommandLineResult.PrintAndExit(QemuHelp.Text);
            case "S":
                _startPaused = true;
                break;
            case "no-reboot":
                _noReboot = true;
                break;
            case "no-shutdown":
                _noShutdown = true;
                break;
            case "nographic":
                _noGraphic = true;
                break;
            case "nodefaults":
                _noDefaults = true;
                break;
            case "no-user-config":
                break;
            case "mem-prealloc":
                _preallocate = true;
                break;
            case "enable-kvm":
                _machine.SetAccel(option, "kvm");
                break;
            default:
                throw CommandLineException.NotBuilt(option);
        }

        return null;
    }

    private CommandLineResult? ApplyValue(string name, string value, string option)
    {
        switch (name)
        {
            case "machine" or "M" when QemuKeyValues.AsksForHelp(value):
                return new CommandLineResult.PrintAndExit(QemuMachineType.Help);
            case "accel" when QemuKeyValues.AsksForHelp(value):
                return new CommandLineResult.PrintAndExit("Accelerators supported by Limber:\nkvm\n");
            case "smp" when QemuKeyValues.AsksForHelp(value):
                return new CommandLineResult.PrintAndExit(QemuCpuOptions.SmpHelp);
            case "cpu" when value is "help" or "?":
                return new CommandLineResult.PrintAndExit(QemuCpuOptions.CpuHelp());
            case "machine" or "M":
                _machine.Apply(option, value);
                break;
            case "accel":
                _machine.ApplyAccel(option, value);
                break;
            case "smp":
                _machine.Smp.AddRange(QemuKeyValues.Strict(option, value, "cpus"));
                break;
            case "cpu":
                _cpuModel = value;
                break;
            case "m":
                _memory.Apply(option, value);
                break;
            case "device" when IsProcessor(value):
                _devices.Add(value);
                break;
            case "device" when QemuDevices.Help(value) is { } help:
                return new CommandLineResult.PrintAndExit(help);
            case var _ when _pciDevices.TryAdd(name, value, option):
                break;
            case "numa":
                _numa.Add(option, value);
                break;
            case "kernel":
                _machine.Kernel = value;
                break;
            case "initrd":
                _machine.Initrd = value;
                break;
            case "append":
                _machine.Append = value;
                break;
            default:
                ApplyConsoleOrIdentity(name, value, option);
                break;
        }

        return null;
    }

    private void ApplyConsoleOrIdentity(string name, string value, string option)
    {
        switch (name)
        {
            case "chardev":
                _consoles.AddChardev(option, value);
                break;
            case "serial":
                _consoles.AddSerial(option, value);
                break;
            case "monitor":
                _consoles.AddMonitor(option, value, MonitorProtocol.Hmp, pretty: false);
                break;
            case "qmp":
                _consoles.AddMonitor(option, value, MonitorProtocol.Qmp, pretty: false);
                break;
            case "qmp-pretty":
                _consoles.AddMonitor(option, value, MonitorProtocol.Qmp, pretty: true);
                break;
            case "mon":
                _consoles.AddMon(option, value);
                break;
            case "display" or "vga" when value == "none":
                break;
            case "parallel" or "net" or "nic" when value == "none":
                break;
            case "name":
                _name = GuestName(option, value);
                break;
            case "uuid":
                _uuid = Guid.TryParseExact(value, "D", out Guid uuid)
                    ? uuid
                    : throw new CommandLineException($"{option}: failed to parse UUID string: wrong format");
                break;
            case LimberOption.Name:
                _limber = _limber is null ? value : $"{_limber},{value}";
                break;
            case "pidfile":
                _pidFile = value.Length > 0 ? value : throw new CommandLineException($"{option}: the file's name is empty");
                break;
            default:
                throw NotBuilt(name, value, option);
        }
    }

    // The driver comes first, or by name, or in JSON; the rest is checked by whoever plugs the processor in.
    private static bool IsProcessor(string value) => value.StartsWith('{')
        ? value.Contains("-x86_64-cpu\"", StringComparison.Ordinal)
        : value.Split(',')[0].EndsWith("-x86_64-cpu", StringComparison.Ordinal);

    private static CommandLineException NotBuilt(string name, string value, string option)
    {
        return name switch
        {
            "display" or "vga" => CommandLineException.NotBuilt(option, "supported: none"),
            "nic" or "net" => CommandLineException.NotBuilt(option, "supported: -netdev with -device virtio-net-pci, or none"),
            "hda" or "hdb" or "hdc" or "hdd" or "cdrom" or "fda" or "fdb" or "sd" or "mtdblock" =>
                CommandLineException.NotBuilt(option, "supported: -drive file=FILE,if=virtio"),
            "pflash" => CommandLineException.NotBuilt(option, "there is no firmware"),
            _ => CommandLineException.NotBuilt(option),
        };
    }

    private static string? GuestName(string option, string value)
    {
        string? guest = null;
        foreach ((string key, string text) in QemuKeyValues.Loose(value, "guest"))
        {
            switch (key)
            {
                case "guest":
                    guest = text;
                    break;
                case "debug-threads":
                    // Threads are always named.
                    QemuKeyValues.Switch(option, key, text);
                    break;
                case "process":
                    throw CommandLineException.NotBuilt($"{option}: process={text}");
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        return guest;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
