using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Handlers;
using Limber.Rest.Routing;
using Limber.Rest.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Limber.Rest;

/// <summary>
/// Cloud Hypervisor's REST interface to a machine, on a Unix socket (HTTP/1.1, <c>/api/v1/...</c>).
/// </summary>
/// <remarks>
/// <para>Spec: <c>cloud-hypervisor.yaml</c> 0.3.0, and the behaviour of its implementation where the two differ.</para>
/// <para>
/// Thread: any. Requests run on the thread pool; calls that change the machine run one at a time on a thread of their
/// own, so a slow one delays no query. The server reads no file, no environment variable and no signal, and writes
/// nothing to the console.
/// </para>
/// <para>
/// A client's <c>vmm.shutdown</c> calls <see cref="IVmHost.Quit"/> and no more: the owner of the process disposes
/// the server when the machine has ended, which is also what delivers the last replies.
/// </para>
/// </remarks>
public sealed class RestServer : IAsyncDisposable
{
    private readonly SocketClaim claim;
    private readonly ServiceProvider services;
    private readonly IServer server;
    private readonly MachineGate gate;
    private readonly RestServerOptions options;
    private int disposed;

    private RestServer(SocketClaim claim, ServiceProvider services, IServer server, MachineGate gate, RestServerOptions options)
    {
        this.claim = claim;
        this.services = services;
        this.server = server;
        this.gate = gate;
        this.options = options;
    }

    /// <summary>Listens on a path; the socket is reachable by the owner of the process only.</summary>
    /// <param name="socketPath">Where. A socket that nobody listens on is replaced; any other file is left alone.</param>
    /// <param name="vm">The machine; it is not owned.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="IOException">The path is in use, is no socket, is too long or can't be bound; the text says which.</exception>
    public static Task<RestServer> StartAsync(string socketPath, IVirtualMachine vm, RestServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return StartAsync(socketPath, new OneVm(vm), options);
    }

    /// <summary>The same for a process whose machine comes and goes by <c>vm.create</c> and <c>vm.delete</c>.</summary>
    /// <inheritdoc cref="StartAsync(string, IVirtualMachine, RestServerOptions?)"/>
    /// <param name="host">Where the machine comes from; it is not owned.</param>
    public static async Task<RestServer> StartAsync(string socketPath, IVmHost host, RestServerOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(socketPath);
        ArgumentNullException.ThrowIfNull(host);
        options ??= new RestServerOptions();

        SocketClaim claim = SocketClaim.Take(socketPath);
        ServiceProvider? services = null;
        try
        {
            services = KestrelServices.Create(claim, options);
            IServer server = services.GetRequiredService<IServer>();
            MachineGate gate = new(host);
            RestApplication application = new(new RouteTable(ApiRoutes.Create(gate, options)));
            await server.StartAsync(application, CancellationToken.None).ConfigureAwait(false);
            return new RestServer(claim, services, server, gate, options);
        }
        catch (Exception failure)
        {
            if (services is not null)
            {
                await services.DisposeAsync().ConfigureAwait(false);
            }

            claim.Dispose();
            if (failure is SocketException)
            {
                throw new IOException($"cannot listen on socket path '{socketPath}': {failure.Message}", failure);
            }

            throw;
        }
    }

    /// <summary>
    /// Stops: no new connection, waits of <c>?wait=</c> end, replies under way are sent, the socket file is removed.
    /// Takes no longer than <see cref="RestServerOptions.StopTimeout"/> and a moment. No effect the second time.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        gate.BeginStop();
        using (CancellationTokenSource deadline = new(options.StopTimeout))
        {
            await server.StopAsync(deadline.Token).ConfigureAwait(false);
        }

        await services.DisposeAsync().ConfigureAwait(false);
        claim.Dispose();
    }
}
