using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Config;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// The serial ports and monitors of a QEMU command line. References to <c>-chardev</c> are resolved at the
/// end, because the definition may stand behind its user.
/// </summary>
internal sealed class QemuConsoles
{
    private const int MaxSerials = 4;

    private readonly QemuCharacterDevices _devices = new();
    private readonly List<(string Option, string Value)> _chardevs = [];
    private readonly List<(string Option, string Value)> _serials = [];
    private readonly List<MonitorRequest> _monitors = [];
    private bool _monitorChosen;

    /// <summary><c>-chardev</c>.</summary>
    public void AddChardev(string option, string value) => _chardevs.Add((option, value));

    /// <summary><c>-serial</c>.</summary>
    public void AddSerial(string option, string value)
    {
        if (_serials.Count == MaxSerials)
        {
            throw new CommandLineException($"{option}: too many serial ports (the limit is {MaxSerials})");
        }

        _serials.Add((option, value));
    }

    /// <summary><c>-monitor</c>, <c>-qmp</c> and <c>-qmp-pretty</c>.</summary>
    public void AddMonitor(string option, string value, MonitorProtocol protocol, bool pretty)
    {
        _monitorChosen = true;
        if (protocol == MonitorProtocol.Hmp && value == "none")
        {
            return;
        }

        _monitors.Add(new(option, value, protocol, pretty));
    }

    /// <summary><c>-mon</c>.</summary>
    public void AddMon(string option, string value)
    {
        _monitorChosen = true;
        string? chardev = null;
        MonitorProtocol protocol = MonitorProtocol.Hmp;
        string? pretty = null;
        foreach ((string key, string text) in QemuKeyValues.Loose(value, "chardev"))
        {
            switch (key)
            {
                case "chardev":
                    chardev = text;
                    break;
                case "mode":
                    protocol = Mode(option, text);
                    break;
                case "pretty":
                    pretty = text;
                    break;
                case "id" when QemuKeyValues.IsIdentifier(text):
                    break;
                case "id":
                    throw new CommandLineException($"{option}: Parameter 'id' expects an identifier");
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        if (chardev is null)
        {
            throw new CommandLineException($"{option}: Parameter 'chardev' is missing");
        }

        bool indent = pretty is not null && QemuKeyValues.Switch(option, "pretty", pretty);
        if (indent && protocol == MonitorProtocol.Hmp)
        {
            throw new CommandLineException($"{option}: 'pretty' is not compatible with HMP monitors");
        }

        _monitors.Add(new(option, "chardev:" + chardev, protocol, indent));
    }

    /// <summary>Reads the character devices. Call it once, before <see cref="Take"/> and <see cref="Resolve"/>.</summary>
    public void Define()
    {
        foreach ((string option, string value) in _chardevs)
        {
            _devices.Define(option, value);
        }
    }

    /// <summary>Takes the character device with an id for a device; null when there is none.</summary>
    public ChardevConfig? Take(string id) => _devices.Take(id);

    /// <summary>Resolves the rest.</summary>
    /// <param name="noGraphic"><c>-nographic</c> was given.</param>
    /// <param name="noDefaults"><c>-nodefaults</c> was given.</param>
    public (ImmutableArray<ChardevConfig?> Serials, ImmutableArray<MonitorConfig> Monitors) Resolve(
        bool noGraphic, bool noDefaults)
    {
        AddDefaults(noGraphic, noDefaults);
        List<(ChardevConfig? Config, QemuCharacterDevices.Definition? Shared)> serials = _serials.ConvertAll(Serial);
        List<MonitorConfig> monitors = [];
        foreach (MonitorRequest request in _monitors)
        {
            if (Monitor(request) is MonitorConfig monitor)
            {
                monitors.Add(monitor);
            }
        }

        _devices.RequireAllUsed();
        ImmutableArray<ChardevConfig?> configs =
        [
            .. serials.Select(s => s.Shared is { IsShared: true } ? new ChardevConfig.Stdio(WithMonitor: true) : s.Config),
        ];
        return (configs, [.. monitors]);
    }

    /// <summary>
    /// What QEMU has without <c>-nodefaults</c>: with <c>-nographic</c> the serial port and the monitor on
    /// standard input and output; else both in windows, of which there are none here: the port exists and
    /// what the guest writes to it is dropped.
    /// </summary>
    private void AddDefaults(bool noGraphic, bool noDefaults)
    {
        if (noDefaults)
        {
            return;
        }

        bool serialChosen = _serials.Count > 0;
        if (!serialChosen)
        {
            _serials.Add(("-nographic", (noGraphic, _monitorChosen) switch
            {
                (false, _) => "null",
                (true, false) => "mon:stdio",
                (true, true) => "stdio",
            }));
        }
        else if (noGraphic && !_monitorChosen)
        {
            _monitors.Add(new("-nographic", "stdio", MonitorProtocol.Hmp, false));
        }
    }

    private (ChardevConfig? Config, QemuCharacterDevices.Definition? Shared) Serial((string Option, string Value) serial)
    {
        (string option, string value) = serial;
        if (value == "none")
        {
            return (null, null);
        }

        if (value.StartsWith("mon:", StringComparison.Ordinal))
        {
            return value == "mon:stdio"
                ? (_devices.TakeStdio(option, withMonitor: true), null)
                : throw CommandLineException.NotBuilt(option, "mon: is supported with stdio");
        }

        if (_devices.ShortForm(option, value) is ChardevConfig config)
        {
            return (config, null);
        }

        QemuCharacterDevices.Definition definition = _devices.Claim(option, ReferencedId(value), byMonitor: false);
        return (definition.Config, definition);
    }

    /// <returns>The monitor, or null when it shares its device with a serial port.</returns>
    private MonitorConfig? Monitor(MonitorRequest request)
    {
        if (_devices.ShortForm(request.Option, request.Value) is ChardevConfig config)
        {
            return new(request.Protocol, Dialect.Qemu, config, request.Pretty);
        }

        QemuCharacterDevices.Definition definition =
            _devices.Claim(request.Option, ReferencedId(request.Value), byMonitor: true);
        if (!definition.IsShared)
        {
            return new(request.Protocol, Dialect.Qemu, definition.Config, request.Pretty);
        }

        return request.Protocol == MonitorProtocol.Hmp
            ? null
            : throw CommandLineException.NotBuilt(request.Option, "only a readline monitor shares a serial port's device");
    }

    private static MonitorProtocol Mode(string option, string mode) =>
        mode switch
        {
            "readline" => MonitorProtocol.Hmp,
            "control" => MonitorProtocol.Qmp,
            _ => throw new CommandLineException($"{option}: unknown monitor mode \"{mode}\""),
        };

    private static string ReferencedId(string value) => value["chardev:".Length..];

    private sealed record MonitorRequest(string Option, string Value, MonitorProtocol Protocol, bool Pretty);
}
