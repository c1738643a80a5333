using System;

namespace Limber.Config;

/// <summary>The host side of a serial port or a monitor.</summary>
public abstract record ChardevConfig
{
    private protected ChardevConfig() { }

    /// <summary>Output is dropped and no input ever arrives.</summary>
    public sealed record Null : ChardevConfig;

    /// <summary>
    /// The process's standard input and output. A terminal is put in raw mode and restored at exit;
    /// with <paramref name="WithMonitor"/> Ctrl-A C switches between the serial port and an HMP monitor.
    /// </summary>
    public sealed record Stdio(bool WithMonitor = false) : ChardevConfig;

    /// <summary>Output goes to a file, which is truncated first unless <paramref name="Append"/>.</summary>
    public sealed record File(string Path, bool Append = false) : ChardevConfig;

    /// <summary>A new pseudo terminal; its name is reported when the machine starts.</summary>
    public sealed record Pty : ChardevConfig;

    /// <summary>A Unix stream socket.</summary>
    /// <param name="Path">Path in the file system.</param>
    /// <param name="Server">Listen (one client at a time for a serial port, many for a monitor), else connect.</param>
    /// <param name="Wait">Do not start before the first client has connected.</param>
    public sealed record UnixSocket(string Path, bool Server, bool Wait) : ChardevConfig
    {
        /// <summary>After which time to connect again when the server is gone; null to leave it at that. Only of a client.</summary>
        public TimeSpan? Reconnect { get; init; }
    }

    /// <summary>A TCP socket.</summary>
    public sealed record TcpSocket(string Host, int Port, bool Server, bool Wait) : ChardevConfig;
}
