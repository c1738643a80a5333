using System;
using System.Collections.Generic;
using System.Globalization;
using Limber.Config;

namespace Limber.CommandLine.Qemu;

/// <summary>Builds a socket from QEMU's keys <c>path</c>, <c>host</c>, <c>port</c>, <c>server</c>, <c>wait</c> and <c>reconnect</c>.</summary>
internal static class QemuSocketOptions
{
    /// <param name="option">The option and its value as typed, for messages.</param>
    /// <param name="pairs">All keys of the socket; a later one wins.</param>
    public static ChardevConfig Build(string option, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        string? path = null;
        string? host = null;
        string? port = null;
        bool server = false;
        bool? wait = null;
        TimeSpan? reconnect = null;
        foreach ((string key, string value) in pairs)
        {
            switch (key)
            {
                case "path":
                    path = value;
                    break;
                case "host":
                    host = value;
                    break;
                case "port":
                    port = value;
                    break;
                case "server":
                    server = QemuKeyValues.Switch(option, key, value);
                    break;
                case "wait":
                    wait = QemuKeyValues.Switch(option, key, value);
                    break;
                case "reconnect" or "reconnect-ms":
                    reconnect = Reconnect(option, key, value) ?? reconnect;
                    break;
                default:
                    RequireHarmless(option, key, value);
                    break;
            }
        }

        if (wait == true && !server)
        {
            throw new CommandLineException($"{option}: 'wait' option is incompatible with socket in client connect mode");
        }

        if (reconnect is not null && server)
        {
            throw new CommandLineException($"{option}: 'reconnect' option is incompatible with socket in server listen mode");
        }

        ChardevConfig socket = Endpoint(option, path, (host, port), server, server && (wait ?? true));
        return (socket, reconnect) switch
        {
            (_, null) => socket,
            (ChardevConfig.UnixSocket unix, _) => unix with { Reconnect = reconnect },
            _ => throw CommandLineException.NotBuilt($"{option}: reconnect of a TCP socket"),
        };
    }

    // 0 is none.
    private static TimeSpan? Reconnect(string option, string key, string value)
    {
        if (!uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
        {
            throw new CommandLineException($"{option}: {key}={value} is not a number from 0 to {uint.MaxValue}");
        }

        return number == 0 ? null : key == "reconnect" ? TimeSpan.FromSeconds(number) : TimeSpan.FromMilliseconds(number);
    }

    private static ChardevConfig Endpoint(
        string option, string? path, (string? Host, string? Port) tcp, bool server, bool wait)
    {
        if (path is not null && tcp is not (null, null))
        {
            throw new CommandLineException($"{option}: 'path' can't be combined with 'host' and 'port'");
        }

        if (path is not null)
        {
            return path.Length > 0
                ? new ChardevConfig.UnixSocket(path, server, wait)
                : throw new CommandLineException($"{option}: the socket's path is empty");
        }

        string portText = tcp.Port
            ?? throw new CommandLineException($"{option}: a socket needs 'path', or 'host' and 'port'");
        if (!ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw new CommandLineException($"{option}: port '{portText}' is not a number from 0 to 65535");
        }

        string anyHost = server ? "0.0.0.0" : "localhost";
        return new ChardevConfig.TcpSocket(string.IsNullOrEmpty(tcp.Host) ? anyHost : tcp.Host, port, server, wait);
    }

    private static void RequireHarmless(string option, string key, string value)
    {
        switch (key)
        {
            case "nodelay" or "delay":
                QemuKeyValues.Switch(option, key, value);
                return;
            case "telnet" or "tn3270" or "websocket" or "abstract" or "ipv4" or "ipv6" or "logappend"
                when value == "off":
            case "tight" when value == "on":
                return;
            case "telnet" or "tn3270" or "websocket" or "abstract" or "ipv4" or "ipv6" or "logappend" or "tight"
                or "tls-creds" or "tls-authz" or "to" or "fd" or "logfile":
                throw CommandLineException.NotBuilt($"{option}: {key}={value}");
            default:
                throw new CommandLineException($"{option}: Invalid parameter '{key}'");
        }
    }
}
