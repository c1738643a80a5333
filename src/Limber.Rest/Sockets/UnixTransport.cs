using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Connections;

namespace Limber.Rest.Sockets;

/// <summary>Where Kestrel's connections come from: the claimed path, with the descriptors that clients send.</summary>
/// <param name="claim">The path; not owned.</param>
internal sealed class UnixTransport(SocketClaim claim) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    /// <exception cref="SocketException">The path can't be bound.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket = claim.Bind();
        try
        {
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new(new Listener(endpoint, socket));
    }

    private sealed class Listener(EndPoint endpoint, Socket socket) : IConnectionListener
    {
        // So that a process out of descriptors does not do nothing else.
        private static readonly TimeSpan Respite = TimeSpan.FromMilliseconds(50);

        private long accepted;

        public EndPoint EndPoint => endpoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    Socket client = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                    var connection = new UnixConnection((++accepted).ToString(CultureInfo.InvariantCulture), client);
                    connection.Start();
                    return connection;
                }
                catch (ObjectDisposedException)
                {
                    return null;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
                {
                    return null;
                }
                catch (SocketException)
                {
                    // The client left before it was accepted, or the process can't open more.
                    await Task.Delay(Respite, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => DisposeAsync();

        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return default;
        }
    }
}
