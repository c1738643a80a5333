using System;
using System.Collections.Immutable;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine;

/// <summary>
/// The option for what no other dialect has: <c>-x-limber KEY=VALUE[,KEY=VALUE...]</c> in QEMU's and StratoVirt's style,
/// <c>--x-limber</c> in Cloud Hypervisor's. Words of a key are joined by a dash or an underline, as the dialect has it.
/// <list type="bullet">
/// <item><c>operation-deadline=SECONDS</c>: how long the guest has to answer a hotplug request.</item>
/// <item><c>api-socket=PATH</c>: the REST interface beside the dialect's own monitors.</item>
/// <item><c>guest-agent=on|off</c>: a port for QEMU's guest agent, whose host side is the machine itself.</item>
/// </list>
/// </summary>
internal static class LimberOption
{
    /// <summary>Its name, without dashes.</summary>
    public const string Name = "x-limber";

    /// <summary>The configuration with what the option says; a key that is given again replaces the earlier value.</summary>
    /// <param name="config">What the other options say.</param>
    /// <param name="option">The option as typed, with its dashes, for messages.</param>
    /// <param name="value">Its value, or null when the option was not given.</param>
    /// <exception cref="CommandLineException">An unknown key, or a value out of its range.</exception>
    public static VmConfig Apply(VmConfig config, string option, string? value)
    {
        foreach (string item in value?.Split(',') ?? [])
        {
            string[] sides = item.Split('=', 2);
            config = (sides[0].Replace('_', '-'), sides.Length) switch
            {
                ("operation-deadline", 2) => config with { OperationDeadline = Deadline(option, item, sides[1]) },
                ("api-socket", 2) when sides[1].Length > 0 => config with { ApiSocket = sides[1] },
                ("guest-agent", 2) when sides[1] is "on" or "off" => WithGuestAgent(config, sides[1] == "on"),
                ("guest-agent", 2) => throw new CommandLineException($"{option} {item}: expected 'on' or 'off'"),
                ("operation-deadline" or "api-socket" or "guest-agent", _) => throw new CommandLineException($"{option} {item}: '{sides[0]}' needs a value"),
                _ => throw new CommandLineException(
                    $"{option} {item}: unknown key '{sides[0]}'; there are operation-deadline=SECONDS, api-socket=PATH and guest-agent=on|off"),
            };
        }

        return config;
    }

    private static VmConfig WithGuestAgent(VmConfig config, bool wanted)
    {
        ConsoleDeviceConfig agent = ConsoleDeviceConfig.ForGuestAgent();
        ImmutableArray<DeviceConfig> others = config.PciDevices.RemoveAll(device => device.Id == agent.Id);
        return config with { PciDevices = wanted ? others.Add(agent) : others };
    }

    private static TimeSpan Deadline(string option, string item, string text) =>
        OperationDeadline.TryParse(text, out TimeSpan deadline)
            ? deadline
            : throw new CommandLineException($"{option} {item}: '{text}' is not {OperationDeadline.Rule}");
}
