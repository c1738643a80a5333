using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.DeviceOptions;

namespace Limber.CommandLine.Qemu;

/// <summary>
/// The character devices of a QEMU command line: those that <c>-chardev</c> defines by id, and the short
/// forms (<c>unix:PATH</c>, <c>stdio</c>) that <c>-serial</c>, <c>-monitor</c> and <c>-qmp</c> carry.
/// </summary>
internal sealed class QemuCharacterDevices
{
    private readonly Dictionary<string, Definition> _definitions = new(StringComparer.Ordinal);
    private bool _stdioTaken;

    /// <summary>Reads one <c>-chardev</c>.</summary>
    public void Define(string option, string value)
    {
        List<KeyValuePair<string, string>> pairs = QemuKeyValues.Loose(value, "backend");
        string? id = Last(pairs, "id");
        string backend = Last(pairs, "backend")
            ?? throw new CommandLineException($"{option}: chardev: \"{id}\" missing backend");
        if (id is null)
        {
            throw new CommandLineException($"{option}: chardev: no id specified");
        }

        if (!QemuKeyValues.IsIdentifier(id))
        {
            throw new CommandLineException($"{option}: Parameter 'id' expects an identifier");
        }

        bool mux = Last(pairs, "mux") is string text && QemuKeyValues.Switch(option, "mux", text);
        KeyValuePair<string, string>[] rest = [.. pairs.FindAll(p => p.Key is not ("id" or "backend" or "mux"))];
        Definition definition = new(option, Backend(option, backend, rest), mux);
        if (mux && definition.Config is not ChardevConfig.Stdio)
        {
            throw CommandLineException.NotBuilt($"{option}: mux=on", "supported with the backend stdio");
        }

        if (!_definitions.TryAdd(id, definition))
        {
            throw new CommandLineException($"{option}: Duplicate ID '{id}' for chardev");
        }
    }

    /// <summary>Reads the short form of a character device.</summary>
    /// <returns>The device, or null when the form is <c>chardev:ID</c> (then <see cref="Claim"/> it).</returns>
    public ChardevConfig? ShortForm(string option, string value)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        string scheme = colon < 0 ? value : value[..colon];
        string rest = colon < 0 ? "" : value[(colon + 1)..];
        switch (scheme)
        {
            case "chardev" when colon >= 0:
                return null;
            case "null" or "stdio" or "pty" when colon < 0:
                return Backend(option, scheme, []);
            case "file" when colon >= 0:
                return Backend(option, "file", [new("path", rest)]);
            case "unix" when colon >= 0:
                return QemuSocketOptions.Build(option, QemuKeyValues.Loose(rest, "path"));
            case "tcp" when colon >= 0:
                return Tcp(option, rest);
            case "vc" or "pipe" or "telnet" or "tn3270" or "websocket" or "udp" or "con" or "pty":
                throw CommandLineException.NotBuilt(option, "supported: stdio, null, pty, file:, unix:, tcp:, chardev:");
            default:
                throw value.StartsWith("/dev/", StringComparison.Ordinal)
                    ? CommandLineException.NotBuilt(option, "a host serial or parallel port")
                    : new CommandLineException($"{option}: '{value}' is not a valid char driver");
        }
    }

    /// <summary>Records that a serial port or a monitor uses the device defined under an id.</summary>
    public Definition Claim(string option, string id, bool byMonitor)
    {
        if (!_definitions.TryGetValue(id, out Definition? definition))
        {
            throw new CommandLineException($"{option}: chardev \"{id}\" not found");
        }

        bool free = definition.Mux
            ? !(byMonitor ? definition.HasMonitor : definition.HasSerial)
            : !definition.HasMonitor && !definition.HasSerial;
        if (!free)
        {
            throw new CommandLineException($"{option}: chardev '{id}' is already in use");
        }

        definition.HasMonitor |= byMonitor;
        definition.HasSerial |= !byMonitor;
        return definition;
    }

    /// <summary>Takes a device for one that is neither a serial port nor a monitor; null when there is none with the id.</summary>
    /// <exception cref="OptionException">Another has it.</exception>
    public ChardevConfig? Take(string id)
    {
        if (!_definitions.TryGetValue(id, out Definition? definition))
        {
            return null;
        }

        if (definition.HasSerial || definition.HasMonitor)
        {
            throw new OptionException($"chardev '{id}' is already in use");
        }

        definition.HasSerial = true;
        return definition.Config;
    }

    /// <summary>Checks at the end of the command line that nothing defined was left without a user.</summary>
    public void RequireAllUsed()
    {
        foreach ((string id, Definition definition) in _definitions)
        {
            if (!definition.HasMonitor && !definition.HasSerial)
            {
                throw new CommandLineException(
                    $"{definition.Option}: no serial port or monitor uses chardev '{id}'");
            }
        }
    }

    /// <summary>Takes the one standard input and output of the process.</summary>
    public ChardevConfig TakeStdio(string option, bool withMonitor)
    {
        if (_stdioTaken)
        {
            throw new CommandLineException($"{option}: cannot use stdio by multiple character devices");
        }

        _stdioTaken = true;
        return new ChardevConfig.Stdio(withMonitor);
    }

    private ChardevConfig Backend(string option, string backend, KeyValuePair<string, string>[] pairs)
    {
        switch (backend)
        {
            case "socket":
                return QemuSocketOptions.Build(option, pairs);
            case "file":
                return File(option, pairs);
            case "stdio":
                RequireKeys(option, pairs, "signal");
                return TakeStdio(option, withMonitor: false);
            case "null":
                RequireKeys(option, pairs);
                return new ChardevConfig.Null();
            case "pty":
                RequireKeys(option, pairs);
                return new ChardevConfig.Pty();
            case "udp" or "pipe" or "vc" or "ringbuf" or "memory" or "serial" or "tty" or "parallel" or "parport"
                or "spicevmc" or "spiceport" or "msmouse" or "wctablet" or "braille" or "testdev" or "console"
                or "dbus" or "qemu-vdagent" or "hub":
                throw CommandLineException.NotBuilt(
                    $"{option}: backend '{backend}'", "supported: socket, stdio, pty, file, null");
            default:
                throw new CommandLineException($"{option}: '{backend}' is not a valid char driver");
        }
    }

    private static ChardevConfig File(string option, KeyValuePair<string, string>[] pairs)
    {
        RequireKeys(option, pairs, "path", "append");
        string path = Last(pairs, "path") ?? "";
        bool append = Last(pairs, "append") is string text && QemuKeyValues.Switch(option, "append", text);
        return path.Length > 0
            ? new ChardevConfig.File(path, append)
            : throw new CommandLineException($"{option}: chardev: file: no filename given");
    }

    private static ChardevConfig Tcp(string option, string text)
    {
        // HOST:PORT[,key=value...]; an IPv6 address stands in brackets.
        int comma = text.IndexOf(',', StringComparison.Ordinal);
        string address = comma < 0 ? text : text[..comma];
        int colon = address.LastIndexOf(':');
        if (colon < 0)
        {
            throw new CommandLineException($"{option}: '{address}' is not HOST:PORT");
        }

        List<KeyValuePair<string, string>> pairs = QemuKeyValues.Loose(comma < 0 ? "" : text[(comma + 1)..], null);
        pairs.Add(new("host", address[..colon].TrimStart('[').TrimEnd(']')));
        pairs.Add(new("port", address[(colon + 1)..]));
        return QemuSocketOptions.Build(option, pairs);
    }

    private static void RequireKeys(string option, KeyValuePair<string, string>[] pairs, params string[] known)
    {
        foreach ((string key, string value) in pairs)
        {
            if (key is "logfile" or "logappend")
            {
                throw CommandLineException.NotBuilt($"{option}: {key}={value}");
            }

            if (!known.Contains(key))
            {
                throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }
    }

    private static string? Last(IEnumerable<KeyValuePair<string, string>> pairs, string key)
    {
        string? last = null;
        foreach ((string name, string value) in pairs)
        {
            last = name == key ? value : last;
        }

        return last;
    }

    /// <summary>A device defined by <c>-chardev</c>, and who uses it.</summary>
    /// <param name="Option">The defining option, for messages.</param>
    /// <param name="Config">The device.</param>
    /// <param name="Mux">One serial port and one monitor may share it (<c>mux=on</c>).</param>
    internal sealed record Definition(string Option, ChardevConfig Config, bool Mux)
    {
        public bool HasSerial { get; set; }

        public bool HasMonitor { get; set; }

        /// <summary>A serial port and a monitor share it; the monitor is then part of the serial port's device.</summary>
        public bool IsShared => HasSerial && HasMonitor;
    }
}
