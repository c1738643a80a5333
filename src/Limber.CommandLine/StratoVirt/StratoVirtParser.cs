using System;
using System.Collections.Generic;
using System.Linq;
using Limber.CommandLine.Devices;
using Limber.Config;

namespace Limber.CommandLine.StratoVirt;

/// <summary>Parses one command line in StratoVirt's dialect.</summary>
/// <remarks>
/// StratoVirt's rule that an initrd or a drive must be given is not applied: it would refuse a kernel with a
/// built-in initramfs, which needs neither.
/// </remarks>
internal sealed class StratoVirtParser(string programName)
{
    private static readonly string[] Built =
    [
        "machine", "accel", "smp", "cpu", "m", "kernel", "append", "initrd", "qmp", "mon", "serial", "chardev",
        "name", "S", "disable-seccomp", "no-shutdown", "object", "numa", "drive", "netdev", "device", "mem-prealloc",
        LimberOption.Name,
    ];

    /// <summary>Parses the arguments after the program's name.</summary>
    public CommandLineResult Parse(IReadOnlyList<string> args)
    {
        StratoVirtOptions options = StratoVirtOptions.Read(args);
        if (options.Has("h") || options.Has("help"))
        {
            return new CommandLineResult.PrintAndExit(StratoVirtHelp.Text);
        }

        if (options.Has("V") || options.Has("version"))
        {
            return new CommandLineResult.PrintAndExit(
                $"{programName}: Limber {ProductVersion.Text}, StratoVirt's dialect\n");
        }

        RequireBuilt(options);
        bool sharedMemory = Machine(options.Value("machine"), options.Value("accel"));
        MemoryConfig memory = StratoVirtMemoryOption.Resolve(options.Value("m"), sharedMemory);
        CpuConfig cpus = StratoVirtCpuOptions.Resolve(options.Value("smp"), options.Value("cpu"));
        (var serials, var monitors) = new StratoVirtConsoles().Resolve(options);
        DeviceCollection devices = StratoVirtDevices.Resolve(options);
        BootMemoryBackends backends = new(devices);
        NumaConfig numa = StratoVirtNumaOptions.Resolve(options, cpus, memory.Size, backends);
        VmConfig config = new()
        {
            Dialect = Dialect.StratoVirt,
            Name = options.Value("name"),
            MachineType = "q35",
            Cpus = cpus,
            Memory = StratoVirtMemoryOption.MakeRoom(backends.Apply(memory with { Preallocate = options.Has("mem-prealloc") }), devices),
            Numa = numa,
            Payload = Payload(options),
            Serials = serials,
            Monitors = monitors,
            Backends = devices.Backends,
            PciDevices = devices.Devices,
            StartPaused = options.Has("S"),
        };
        return new CommandLineResult.Run(LimberOption.Apply(config, "-" + LimberOption.Name, options.Value(LimberOption.Name)));
    }

    private static void RequireBuilt(StratoVirtOptions options)
    {
        if (options.Has("pidfile") && !options.Has("daemonize"))
        {
            throw new CommandLineException("-pidfile must be used with -daemonize together.");
        }

        foreach ((string name, List<string> values) in options.Given)
        {
            // -D alone logs to standard error, which is what happens anyway.
            bool built = Built.Contains(name) || (name == "D" && values.Count == 0);
            if (!built)
            {
                throw CommandLineException.NotBuilt(values.Count == 0 ? $"-{name}" : $"-{name} {values[0]}");
            }
        }
    }

    /// <returns>Whether guest memory is to be shared.</returns>
    private static bool Machine(string? machine, string? accel)
    {
        if (accel is not (null or "kvm"))
        {
            throw new CommandLineException($"-accel {accel}: the accelerator must be kvm");
        }

        string option = $"-machine {machine}";
        string type = "microvm";
        bool shared = false;
        foreach ((string key, string? value) in StratoVirtKeyValues.Split(option, machine ?? "microvm", "type"))
        {
            switch (key)
            {
                case "type":
                    type = (value ?? "").ToLowerInvariant();
                    break;
                case "mem-share":
                    shared = StratoVirtKeyValues.Boolean(option, key, value);
                    break;
                case "dump-guest-core":
                    StratoVirtKeyValues.Boolean(option, key, value);
                    break;
                case "accel" when value is "kvm" or "kvm:tcg":
                    break;
                case "usb" when !StratoVirtKeyValues.Boolean(option, key, value):
                    break;
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}={value}'");
            }
        }

        return type switch
        {
            "q35" => shared,
            "microvm" when machine is null => throw CommandLineException.NotBuilt("-machine microvm, the default", "supported: q35"),
            "microvm" or "none" => throw CommandLineException.NotBuilt(option, "supported: q35"),
            _ => throw new CommandLineException($"{option}: Invalid machine type."),
        };
    }

    private static PayloadConfig Payload(StratoVirtOptions options)
    {
        string? kernel = Path(options, "kernel");
        string? initrd = Path(options, "initrd");
        if (kernel is null && (initrd is not null || options.Has("append")))
        {
            throw new CommandLineException($"-{(initrd is null ? "append" : "initrd")} needs -kernel");
        }

        return new PayloadConfig(kernel, initrd, options.Value("append") ?? "");
    }

    private static string? Path(StratoVirtOptions options, string name) =>
        options.Value(name) is string path ? StratoVirtKeyValues.Text($"-{name} {path}", name, path) : null;
}
