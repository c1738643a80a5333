using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using Limber.Chardev.Terminal;
using Limber.Config;

namespace Limber.Chardev.Monitors;

/// <summary>Where clients of a monitor come from.</summary>
public sealed class MonitorListener : IDisposable
{
    private const int StackSize = 256 * 1024;

    private readonly SocketListener? listener;
    private readonly ManualResetEventSlim connected = new();
    private readonly bool wait;
    private Stream? single;

    private MonitorListener(SocketListener? listener, Stream? single, bool wait)
    {
        this.listener = listener;
        this.single = single;
        this.wait = wait;
    }

    /// <summary>Opens the place: a server socket listens when this returns, a client socket is connected.</summary>
    /// <exception cref="ChardevException">It can't be used; the text names it.</exception>
    public static MonitorListener Open(ChardevConfig config) => config switch
    {
        ChardevConfig.UnixSocket { Server: true } unix => new(SocketListener.Unix(unix.Path), null, unix.Wait),
        ChardevConfig.TcpSocket { Server: true } tcp => new(SocketListener.Tcp(tcp.Host, tcp.Port), null, tcp.Wait),
        ChardevConfig.UnixSocket or ChardevConfig.TcpSocket => new(null, new NetworkStream(PeerSocket.Connect(config), ownsSocket: true), false),
        ChardevConfig.Stdio => new(null, new StdioStream(TerminalMode.TryMakeRaw(0, keepSignals: false)), false),
        _ => throw new ChardevException($"a monitor can't be on a character device of kind '{config.GetType().Name.ToLowerInvariant()}'"),
    };

    /// <summary>
    /// Calls <paramref name="serve"/> for every client, on the listener's thread; it must start a session and return.
    /// </summary>
    public void Start(Action<Stream> serve)
    {
        if (listener is null)
        {
            serve(single!);
            connected.Set();
            return;
        }

        new Thread(() => AcceptAll(serve), StackSize) { Name = "monitor", IsBackground = true }.Start();
    }

    /// <summary>Where it was asked for (<c>wait=on</c>), returns when the first client is there; else at once.</summary>
    public void WaitForFirstClient(CancellationToken cancellation)
    {
        if (wait)
        {
            connected.Wait(cancellation);
        }
    }

    public void Dispose()
    {
        listener?.Dispose();
        single?.Dispose();
        single = null;
    }

    private void AcceptAll(Action<Stream> serve)
    {
        while (listener!.Accept() is { } socket)
        {
            serve(new NetworkStream(socket, ownsSocket: true));
            connected.Set();
        }
    }
}
