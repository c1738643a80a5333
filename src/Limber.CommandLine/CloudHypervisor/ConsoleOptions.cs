using System.Collections.Immutable;
using System.Linq;
using Limber.Config;

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

        return parser switch
        {
            _ when parser.HasWord("null") => [new ChardevConfig.Null()],
            _ when parser.HasWord("pty") => [new ChardevConfig.Pty()],
            _ when parser.HasWord("tty") => [new ChardevConfig.Stdio()],
            _ when parser.Text("file") is string path => [new ChardevConfig.File(path)],
            _ when parser.Text("socket") is string path => [new ChardevConfig.UnixSocket(path, Server: true, Wait: false)],
            _ => throw new CommandLineException($"{option}: the path is empty"),
        };
    }

    /// <summary>
    /// There is no virtio console yet. Its default mode is tty, so leaving the option out must be the same as
    /// off; asking for it must not be.
    /// </summary>
    public static void RequireNoConsole(string? value)
    {
        string option = $"--console {value}";
        OptionParser parser = new(
            option, value ?? "off", ["file", "iommu", "id", "pci_segment", "pci_device_id"], Modes);
        RequireOneMode(option, parser, "file");
        if (!parser.HasWord("off") && !parser.HasWord("null"))
        {
            throw CommandLineException.NotBuilt($"{option}: a virtio console", "supported: off, null; see --serial");
        }
    }

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
