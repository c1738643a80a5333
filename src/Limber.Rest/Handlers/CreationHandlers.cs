using System.Threading.Tasks;
using Limber.Config;
using Limber.Rest.Json;

namespace Limber.Rest.Handlers;

/// <summary>
/// <c>vm.create</c> and <c>vm.delete</c>. The machine is made at once, so what Cloud Hypervisor would say at vm.boot is said at
/// vm.create; vm.boot runs it.
/// </summary>
internal sealed class CreationHandlers(MachineGate gate)
{
    public async Task<RestReply> Create(RestRequest request)
    {
        VmConfig config = VmConfigs.Of(await request.ReadJsonAsync(RestJson.Context.VmCreateBody).ConfigureAwait(false));
        await gate.ChangeHostAsync(host => host.Create(config)).ConfigureAwait(false);
        return RestReply.NoContent;
    }

    /// <summary>204 also when there is none.</summary>
    public async Task<RestReply> Delete(RestRequest request)
    {
        await gate.ChangeHostAsync(static host => host.Delete()).ConfigureAwait(false);
        return RestReply.NoContent;
    }
}
