using System;
using System.IO;
using System.Threading;
using Limber.Chardev.Sockets;
using Limber.Chardev.Terminal;
using Limber.Config;
using Limber.Interop;

namespace Limber.Chardev.Monitors;

/// <summary>Where clients of a monitor come from: any number at a server socket, one at anything else.</summary>
/// <remarks>
/// Streams that were handed out are their takers'; they outlive the listener. They read and write on two threads at once,
/// and disposing of one on a third ends both.
/// </remarks>
public sealed class MonitorListener : IDisposable
{
    private const int StackSize = 256 * 1024;

    private readonly ListeningSocket? listener;
    private readonly ManualResetEventSlim connected = new();
    private readonly string name;
    private readonly bool wait;
    private Stream? single;

    private MonitorListener(ListeningSocket listener, bool wait)
    {
        this.listener = listener;
        name = listener.Name;
        this.wait = wait;
    }

    private MonitorListener(Stream single, string name)
    {
        this.single = single;
        this.name = name;
    }

    /// <summary>The TCP port of a server on one, also where it was left to the host to choose; else 0.</summary>
    public int Port => listener?.Port ?? 0;

    /// <summary>Opens the place: a server socket listens when this returns, a client socket is connected.</summary>
    /// <exception cref="ChardevException">It can't be used; the text names it.</exception>
    public static MonitorListener Open(ChardevConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            return config switch
            {
                ChardevConfig.UnixSocket { Server: true } unix => new(ListeningSocket.Open(config), unix.Wait),
                ChardevConfig.TcpSocket { Server: true } tcp => new(ListeningSocket.Open(config), tcp.Wait),
                ChardevConfig.UnixSocket or ChardevConfig.TcpSocket => new(new SocketStream(SocketConnector.Connect(config)), "the server"),
                ChardevConfig.Stdio => new(new StdioStream(StdioChannel.Open(keepSignals: false)), "stdio"),
                _ => throw new ChardevException($"a monitor can't be on a character device of kind '{config.GetType().Name.ToLowerInvariant()}'"),
            };
        }
        catch (HostException e)
        {
            throw new ChardevException($"cannot open a monitor: {e.Message}", e);
        }
    }

    /// <summary>
    /// Calls <paramref name="serve"/> with every client's stream and a name for messages, on the listener's thread; it must
    /// start a session and return. The one client of a place that is no server is served before this returns.
    /// </summary>
    public void Start(Action<Stream, string> serve)
    {
        ArgumentNullException.ThrowIfNull(serve);
        if (listener is null)
        {
            Stream? stream = Interlocked.Exchange(ref single, null);
            ObjectDisposedException.ThrowIf(stream is null, this);
            serve(stream, name);
            connected.Set();
            return;
        }

        new Thread(() => AcceptAll(listener, serve), StackSize) { Name = "monitor", IsBackground = true }.Start();
    }

    /// <inheritdoc cref="Start(Action{Stream, string})"/>
    public void Start(Action<Stream> serve) => Start((stream, _) => serve(stream));

    /// <summary>Where it was asked for (<c>wait=on</c>), returns when the first client is there; else at once.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before.</exception>
    public void WaitForFirstClient(CancellationToken cancellation)
    {
        if (wait)
        {
            connected.Wait(cancellation);
        }
    }

    /// <summary>Accepts no more clients and removes the socket's file, if it still is this listener's. Idempotent.</summary>
    public void Dispose()
    {
        listener?.Dispose();
        Interlocked.Exchange(ref single, null)?.Dispose();
    }

    private void AcceptAll(ListeningSocket source, Action<Stream, string> serve)
    {
        HostThread.SetCurrentName("monitor");
        for (ulong number = 1; source.Accept() is { } socket; number++)
        {
            var stream = new SocketStream(socket);
            try
            {
                serve(stream, $"{name}, client {number}");
                connected.Set();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // It left before its session began.
                stream.Dispose();
            }
        }
    }
}
