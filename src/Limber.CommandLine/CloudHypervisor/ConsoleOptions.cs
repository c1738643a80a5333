using System.Collections.Immutable;
using System.Linq;
using Limber.CommandLine.CloudHypervisor.Devices;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine.CloudHypervisor;

/// <summary><c>--serial</c> and <c>--console</c>.</summary>
internal static class ConsoleOptions
{
    private static readonly string[] Modes = ["off", "null", "pty", "tty"];

    /// <summary>The serial port; without the option it exists and its output is dropped.</summary>
    public static ImmutableArray<ChardevConfig?> Serials(string? value)
    {
        string option = $"--serial {value}";
        OptionParser parser = new(option, value ?? "null", ["file", "socket"], Modes);
        RequireOneMode(option, parser, "file", "socket");
        if (parser.HasWord("off"))
        {
            return [];
        }

        return [Backend(option, parser)];
    }

    /// <summary>The virtio console, on the terminal unless told otherwise; null for none.</summary>
    /// <param name="value">The option's value, or null when it was not given.</param>
    /// <param name="serials">The serial port: the terminal can't be both.</param>
    public static ConsoleDeviceConfig? Console(string? value, ImmutableArray<ChardevConfig?> serials)
    {
        string option = value is null ? "--console tty, the default" : $"--console {value}";
        OptionParser parser = new(option, value ?? "tty", ["file", "iommu", "id", "pci_segment", "pci_device_id"], Modes);
        DeviceKeys.CheckCommon(option, parser);
        RequireOneMode(option, parser, "file");
        if (parser.HasWord("off"))
        {
            return null;
        }

        ChardevConfig backend = Backend(option, parser);
        if (backend is ChardevConfig.Stdio && serials is [ChardevConfig.Stdio])
        {
            throw new CommandLineException($"{option}: --serial has the terminal; say --console off, or give one of them another mode");
        }

        return ConsoleDeviceConfig.ForConsole(backend, parser.Text("id")) with { Slot = DeviceKeys.Slot(parser) };
    }

    private static ChardevConfig Backend(string option, OptionParser parser) => parser switch
    {
        _ when parser.HasWord("null") => new ChardevConfig.Null(),
        _ when parser.HasWord("pty") => new ChardevConfig.Pty(),
        _ when parser.HasWord("tty") => new ChardevConfig.Stdio(),
        _ when parser.Text("file") is string path => new ChardevConfig.File(path),
        _ when parser.Text("socket") is string path => new ChardevConfig.UnixSocket(path, Server: true, Wait: false),
        _ => throw new CommandLineException($"{option}: the path is empty"),
    };

    private static void RequireOneMode(string option, OptionParser parser, params string[] keys)
    {
        int modes = Modes.Concat(keys).Count(parser.HasWord);
        if (modes != 1)
        {
            throw new CommandLineException(
                $"{option}: expected one of {string.Join(", ", Modes)}, {string.Join(", ", keys.Select(k => k + "=PATH"))}");
        }
    }
}
