using System;
using System.Threading;
using Limber.Chardev.Multiplexing;
using Limber.Chardev.Serial;
using Limber.Chardev.Sockets;
using Limber.Config;
using Limber.Device;
using Limber.Interop;

namespace Limber.Chardev;

/// <summary>Makes the host sides of serial ports.</summary>
public static class CharacterBackends
{
    /// <summary>Makes a backend: files and terminals are open, servers listen, clients are connected when this returns.</summary>
    /// <returns>A <see cref="StdioMultiplexer"/> for a terminal shared with a monitor; it must be connected to one.</returns>
    /// <exception cref="ChardevException">It can't be opened; the text names it.</exception>
    public static ICharacterBackend Create(ChardevConfig config, CharacterBackendOptions options)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            return config switch
            {
                ChardevConfig.Null => new NullBackend(),
                ChardevConfig.Stdio { WithMonitor: true } => new StdioMultiplexer(options.Label),
                ChardevConfig.Stdio => new StdioBackend(options.Label),
                ChardevConfig.File file => new FileBackend(file, options.Label),
                ChardevConfig.Pty => CreatePty(options),
                ChardevConfig.UnixSocket { Server: true } or ChardevConfig.TcpSocket { Server: true } =>
                    Owning(ListeningSocket.Open(config), listener => new SocketBackend(listener, options.Label)),
                _ => Owning(SocketConnector.Connect(config), peer => new SocketBackend(peer, options.Label)),
            };
        }
        catch (HostException e)
        {
            throw new ChardevException($"{options.Label}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Where it was asked for (<c>wait=on</c>), returns when a backend that was started has a peer; else at once.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled before.</exception>
    public static void WaitForPeer(ChardevConfig config, ICharacterBackend backend, CancellationToken cancellation)
    {
        bool wait = config is ChardevConfig.UnixSocket { Server: true, Wait: true } or ChardevConfig.TcpSocket { Server: true, Wait: true };
        if (wait && backend is SocketBackend socket)
        {
            socket.WaitForPeer(cancellation);
        }
    }

    private static SocketBackend Owning<T>(T socket, Func<T, SocketBackend> make)
        where T : IDisposable
    {
        try
        {
            return make(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static PtyBackend CreatePty(CharacterBackendOptions options)
    {
        var pty = new PtyBackend(options.Label);
        options.Announce?.Invoke($"char device redirected to {pty.Name} (label {options.Label})");
        return pty;
    }
}
