using System;
using System.Threading.Tasks;
using Limber.Rest.Json;

namespace Limber.Rest.Handlers;

/// <summary><c>vmm.*</c>: about the process.</summary>
internal sealed class VmmHandlers(MachineGate gate, RestServerOptions options)
{
    public Task<RestReply> Ping(RestRequest request)
    {
        VmmPingResponse body = new(options.BuildVersion, options.Version, Environment.ProcessId, ["kvm"]);
        return Task.FromResult(RestReply.Json(body, RestJson.Context.VmmPingResponse));
    }

    /// <summary>200 without a body, as Cloud Hypervisor really answers; its specification says 204.</summary>
    public Task<RestReply> Shutdown(RestRequest request) =>
        Task.FromResult(new RestReply(200, default) { Sent = () => _ = gate.QuitAsync() });
}
