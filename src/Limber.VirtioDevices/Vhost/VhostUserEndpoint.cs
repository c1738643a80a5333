using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Limber.Chardev;
using Limber.Chardev.Sockets;
using Limber.Config;
using Limber.Interop;
using Limber.VhostUser;

namespace Limber.VirtioDevices.Vhost;

/// <summary>Where a back end is to be had: it listens on a path, or this process does and the back end connects.</summary>
/// <remarks>Thread: one at a time.</remarks>
public sealed class VhostUserEndpoint : IDisposable
{
    private readonly ListeningSocket? listener;

    /// <param name="path">Unix socket.</param>
    /// <param name="listens">This process listens there, from here on; else the back end does.</param>
    /// <exception cref="VhostUserException">The path is in use, or can't be listened on.</exception>
    public VhostUserEndpoint(string path, bool listens)
    {
        Path = path;
        try
        {
            listener = listens ? ListeningSocket.Open(new ChardevConfig.UnixSocket(path, Server: true, Wait: false)) : null;
        }
        catch (ChardevException e)
        {
            throw new VhostUserException(e.Message, e);
        }
    }

    /// <summary>The socket.</summary>
    public string Path { get; }

    /// <summary>A connection.</summary>
    /// <param name="patience">How long to wait for a back end that is to connect; one that listens must be there.</param>
    /// <param name="limit">How long a call to the back end waits for its answer later.</param>
    /// <exception cref="VhostUserException">No back end; the text names the path.</exception>
    public VhostUserSocket Connect(TimeSpan patience, TimeSpan limit)
    {
        if (listener is null)
        {
            return VhostUserSocket.Connect(Path, limit);
        }

        return listener.TryAccept(patience) is { } peer
            ? new VhostUserSocket(peer, limit)
            : throw new VhostUserException(string.Create(
                CultureInfo.InvariantCulture, $"no back end has connected to {Path} within {patience.TotalSeconds:0.###} s"));
    }

    /// <summary>A connection to a back end that is there by now; does not wait for one.</summary>
    /// <param name="limit">As in <see cref="Connect"/>.</param>
    /// <param name="socket">The connection.</param>
    public bool TryConnect(TimeSpan limit, [NotNullWhen(true)] out VhostUserSocket? socket)
    {
        try
        {
            socket = Connect(TimeSpan.Zero, limit);
            return true;
        }
        catch (VhostUserException)
        {
            socket = null;
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => listener?.Dispose();
}
