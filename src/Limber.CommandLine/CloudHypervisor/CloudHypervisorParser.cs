using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.CommandLine.CloudHypervisor.Devices;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary>Parses one command line in Cloud Hypervisor's dialect.</summary>
internal sealed class CloudHypervisorParser(string programName)
{
    private static readonly string[] Built =
    [
        "kernel", "initramfs", "cmdline", "cpus", "memory", "serial", "console", "api-socket", "no-shutdown",
        "seccomp", "numa", "disk", "net", "rng", "balloon", "fs", "pmem", "vsock", "device", "memory-zone",
        LimberOption.Name,
    ];

    /// <summary>Parses the arguments after the program's name.</summary>
    public CommandLineResult Parse(IReadOnlyList<string> args)
    {
        CloudHypervisorOptions options = CloudHypervisorOptions.Read(args);
        if (args.Count == 0 || options.Has("help"))
        {
            return new CommandLineResult.PrintAndExit(CloudHypervisorHelp.Text);
        }

        if (options.Has("version"))
        {
            return new CommandLineResult.PrintAndExit(
                $"{programName}: Limber {ProductVersion.Text}, Cloud Hypervisor's dialect\n");
        }

        RequireBuilt(options);
        if (options.Given.All(static name => name is "api-socket" or "seccomp") && ApiSocket(options.Value("api-socket")) is { } socket)
        {
            return new CommandLineResult.Serve(socket, options.Verbosity);
        }

        PayloadConfig payload = Payload(options);
        ImmutableArray<ChardevConfig?> serials = ConsoleOptions.Serials(options.Value("serial"));
        CpuConfig cpus = CpusOption.Resolve(options.Value("cpus"));
        (MemoryConfig memory, ImmutableArray<VirtioMemDeviceConfig> memoryDevices) = MemoryOption.Resolve(options.Value("memory"), options.Values("memory-zone"));
        (NumaConfig numa, IReadOnlyDictionary<string, int> zoneNodes) = NumaOption.Resolve(options.Values("numa"), cpus, memory);
        memoryDevices = [.. memoryDevices.Select(d => zoneNodes.TryGetValue(d.Id!, out int node) && node > 0 ? d with { Node = node } : d)];
        VmConfig config = new()
        {
            Dialect = Dialect.CloudHypervisor,
            Cpus = cpus,
            Memory = memory,
            Numa = numa,
            Payload = payload,
            PciDevices = DeviceList.Resolve(options, ConsoleOptions.Console(options.Value("console"), serials), memoryDevices),
            Serials = serials,
            ApiSocket = ApiSocket(options.Value("api-socket")),
            NoShutdown = options.Has("no-shutdown"),
        };
        return new CommandLineResult.Run(
            LimberOption.Apply(config, "--" + LimberOption.Name, options.Value(LimberOption.Name)), options.Verbosity);
    }

    private static void RequireBuilt(CloudHypervisorOptions options)
    {
        foreach (string name in options.Given)
        {
            if (!Built.Contains(name))
            {
                string value = options.Value(name) ?? "";
                throw CommandLineException.NotBuilt(value.Length == 0 ? $"--{name}" : $"--{name} {value}");
            }
        }

        if (options.Value("seccomp") is string seccomp and not "false")
        {
            throw CommandLineException.NotBuilt($"--seccomp {seccomp}", "supported: false");
        }
    }

    private static PayloadConfig Payload(CloudHypervisorOptions options)
    {
        if (options.Value("kernel") is string kernel)
        {
            return kernel.Length > 0
                ? new PayloadConfig(kernel, NullIfEmpty(options.Value("initramfs")), options.Value("cmdline") ?? "")
                : throw new CommandLineException("--kernel: the path is empty");
        }

        throw new CommandLineException($"--{options.Given.Find(static name => name != "api-socket") ?? "verbose"}: a virtual machine needs --kernel");
    }

    private static string? ApiSocket(string? value)
    {
        if (value is null)
        {
            return null;
        }

        string option = $"--api-socket {value}";
        if (value.StartsWith("fd=", StringComparison.Ordinal))
        {
            throw CommandLineException.NotBuilt(option, "supported: path=PATH");
        }

        string path = value.StartsWith("path=", StringComparison.Ordinal) ? value["path=".Length..] : value;
        return path.Length > 0 ? path : throw new CommandLineException($"{option}: the path is empty");
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
