using System;
using System.IO;
using System.Threading;
using Limber.Chardev.Monitors;
using Limber.Chardev.Serial;
using Limber.Chardev.Terminal;
using Limber.Config;
using Limber.Device;

namespace Limber.Chardev;

/// <summary>Makes the host sides of serial ports.</summary>
public static class CharacterBackends
{
    /// <summary>Opens a backend: files and terminals are open, servers listen, clients are connected.</summary>
    /// <param name="config">What to open.</param>
    /// <param name="label">What the port is called in messages, such as <c>serial0</c>.</param>
    /// <param name="announce">Is told the name of a new pseudo terminal, as a line for the user.</param>
    /// <exception cref="ChardevException">It can't be opened; the text names it.</exception>
    public static ICharacterBackend Open(ChardevConfig config, string label, Action<string> announce)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(announce);
        switch (config)
        {
            case ChardevConfig.Null:
                return new NullBackend();
            case ChardevConfig.Stdio { WithMonitor: true }:
                throw new ChardevException("a serial port and a monitor on one terminal (mon:stdio) are not built yet");
            case ChardevConfig.Stdio:
                return new StreamBackend(Console.OpenStandardInput(), Console.OpenStandardOutput(), TerminalMode.TryMakeRaw(0, keepSignals: true));
            case ChardevConfig.File file:
                return new StreamBackend(null, OpenFile(file), null);
            case ChardevConfig.Pty:
                var pty = new PtyBackend();
                announce($"char device redirected to {pty.Name} (label {label})");
                return pty;
            case ChardevConfig.UnixSocket { Server: true } unix:
                return new SocketBackend(SocketListener.Unix(unix.Path));
            case ChardevConfig.TcpSocket { Server: true } tcp:
                return new SocketBackend(SocketListener.Tcp(tcp.Host, tcp.Port));
            default:
                return new SocketBackend(PeerSocket.Connect(config));
        }
    }

    /// <summary>Where it was asked for (<c>wait=on</c>), returns when a backend that was started has a peer; else at once.</summary>
    public static void WaitForPeer(ChardevConfig config, ICharacterBackend backend, CancellationToken cancellation)
    {
        bool wait = config is ChardevConfig.UnixSocket { Server: true, Wait: true } or ChardevConfig.TcpSocket { Server: true, Wait: true };
        if (wait && backend is SocketBackend socket)
        {
            socket.WaitForPeer(cancellation);
        }
    }

    private static FileStream OpenFile(ChardevConfig.File file)
    {
        try
        {
            return new FileStream(file.Path, file.Append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ChardevException($"cannot open file '{file.Path}': {e.Message}", e);
        }
    }
}
