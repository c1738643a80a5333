using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using Limber.Config;

namespace Limber.CommandLine.StratoVirt;

/// <summary>The serial port and the QMP monitors of a StratoVirt command line.</summary>
internal sealed class StratoVirtConsoles
{
    private readonly Dictionary<string, (string Option, ChardevConfig Config)> _chardevs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private bool _stdioTaken;

    public (ImmutableArray<ChardevConfig?> Serials, ImmutableArray<MonitorConfig> Monitors) Resolve(
        StratoVirtOptions options)
    {
        foreach (string value in options.Values("chardev"))
        {
            Define($"-chardev {value}", value);
        }

        ImmutableArray<MonitorConfig> monitors = Monitors(options);
        ImmutableArray<ChardevConfig?> serials = options.Value("serial") is string serial
            ? [Serial($"-serial {serial}", serial)]
            : [];
        foreach ((string id, (string option, _)) in _chardevs)
        {
            if (!_used.Contains(id))
            {
                throw new CommandLineException($"{option}: no serial port or monitor uses chardev '{id}'");
            }
        }

        return (serials, monitors);
    }

    private ImmutableArray<MonitorConfig> Monitors(StratoVirtOptions options)
    {
        List<ChardevConfig> backends = [];
        if (options.Value("qmp") is string qmp)
        {
            backends.Add(Qmp($"-qmp {qmp}", qmp));
        }

        backends.AddRange(options.Values("mon").Select(m => Mon($"-mon {m}", m)));
        if (backends.Count == 0)
        {
            throw new CommandLineException("Please use '-qmp' or '-mon' to give a qmp path for Unix socket");
        }

        return [.. backends.Select(b => new MonitorConfig(MonitorProtocol.Qmp, Dialect.StratoVirt, b))];
    }

    /// <summary><c>unix:PATH,server,nowait</c> or <c>tcp:IP:PORT,server,nowait</c>.</summary>
    private static ChardevConfig Qmp(string option, string value)
    {
        List<(string Key, string? Value)> items = StratoVirtKeyValues.Split(option, value, "uri");
        RequireServerNoWait(option, items, "uri");
        string uri = items[0] is ("uri", string text) ? text : "";
        if (uri.StartsWith("unix:", StringComparison.Ordinal))
        {
            return new ChardevConfig.UnixSocket(StratoVirtKeyValues.Text(option, "path", uri["unix:".Length..]), true, false);
        }

        if (!uri.StartsWith("tcp:", StringComparison.Ordinal) || uri.LastIndexOf(':') == "tcp".Length)
        {
            throw new CommandLineException($"{option}: expected unix:PATH,server,nowait or tcp:IP:PORT,server,nowait");
        }

        int colon = uri.LastIndexOf(':');
        return Tcp(option, uri["tcp:".Length..colon], uri[(colon + 1)..]);
    }

    private ChardevConfig Mon(string option, string value)
    {
        string? chardev = null;
        string? mode = null;
        foreach ((string key, string? text) in StratoVirtKeyValues.Split(option, value, null))
        {
            switch (key)
            {
                case "chardev":
                    chardev = text;
                    break;
                case "id":
                    StratoVirtKeyValues.Text(option, key, text);
                    break;
                case "mode":
                    mode = text;
                    break;
                default:
                    throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }

        if (mode != "control")
        {
            throw new CommandLineException($"{option}: 'mode' must be control, not '{mode}'");
        }

        string id = StratoVirtKeyValues.Text(option, "chardev", chardev);
        return Use(option, id) is ChardevConfig.UnixSocket or ChardevConfig.TcpSocket
            ? _chardevs[id].Config
            : throw new CommandLineException($"{option}: chardev '{id}' is not a socket");
    }

    private ChardevConfig Serial(string option, string value) =>
        value.StartsWith("chardev:", StringComparison.Ordinal)
            ? Use(option, value["chardev:".Length..])
            : Backend(option, StratoVirtKeyValues.Split(option, value, "type"));

    private void Define(string option, string value)
    {
        List<(string Key, string? Value)> items = StratoVirtKeyValues.Split(option, value, "type");
        string id = StratoVirtKeyValues.Text(option, "id", items.FindLast(i => i.Key == "id").Value);
        ChardevConfig config = Backend(option, items.FindAll(i => i.Key != "id"));
        if (!_chardevs.TryAdd(id, (option, config)))
        {
            throw new CommandLineException($"{option}: chardev '{id}' is defined twice");
        }
    }

    private ChardevConfig Use(string option, string id)
    {
        if (!_chardevs.TryGetValue(id, out (string Option, ChardevConfig Config) chardev))
        {
            throw new CommandLineException($"{option}: chardev '{id}' is not defined");
        }

        return _used.Add(id)
            ? chardev.Config
            : throw new CommandLineException($"{option}: chardev '{id}' is already in use");
    }

    private ChardevConfig Backend(string option, List<(string Key, string? Value)> items)
    {
        string? type = items.Count > 0 && items[0].Key == "type" ? items[0].Value : null;
        switch (type)
        {
            case "stdio":
                RequireKeys(option, items, "type");
                return TakeStdio(option);
            case "pty":
                RequireKeys(option, items, "type");
                return new ChardevConfig.Pty();
            case "file":
                RequireKeys(option, items, "type", "path");
                return new ChardevConfig.File(StratoVirtKeyValues.Text(option, "path", Find(items, "path")));
            case "socket":
                RequireServerNoWait(option, items, "type", "path", "host", "port");
                return Find(items, "path") is string path
                    ? new ChardevConfig.UnixSocket(StratoVirtKeyValues.Text(option, "path", path), true, false)
                    : Tcp(option, Find(items, "host") ?? "0.0.0.0", Find(items, "port") ?? "");
            default:
                throw new CommandLineException($"{option}: '{type}' is not one of stdio, pty, file, socket");
        }
    }

    private ChardevConfig TakeStdio(string option)
    {
        if (_stdioTaken)
        {
            throw new CommandLineException($"{option}: Can't set multiple devices redirected to stdio");
        }

        _stdioTaken = true;
        return new ChardevConfig.Stdio();
    }

    private static ChardevConfig.TcpSocket Tcp(string option, string host, string port) =>
        ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            ? new ChardevConfig.TcpSocket(host, number, Server: true, Wait: false)
            : throw new CommandLineException($"{option}: port '{port}' is not a number from 0 to 65535");

    private static void RequireServerNoWait(
        string option, List<(string Key, string? Value)> items, params string[] keys)
    {
        RequireKeys(option, items, [.. keys, "server", "nowait"]);
        if (!items.Contains(("server", null)) || !items.Contains(("nowait", null)))
        {
            throw new CommandLineException($"{option}: a socket needs the bare words server,nowait");
        }
    }

    private static void RequireKeys(string option, List<(string Key, string? Value)> items, params string[] known)
    {
        foreach ((string key, _) in items)
        {
            if (!known.Contains(key))
            {
                throw new CommandLineException($"{option}: Invalid parameter '{key}'");
            }
        }
    }

    private static string? Find(List<(string Key, string? Value)> items, string key) =>
        items.FindLast(i => i.Key == key).Value;
}
