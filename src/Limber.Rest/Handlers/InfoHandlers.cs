using System.Collections.Generic;
using System.Threading.Tasks;
using Limber.Rest.Json;

namespace Limber.Rest.Handlers;

/// <summary>Queries about the machine.</summary>
internal sealed class InfoHandlers(MachineGate gate)
{
    public Task<RestReply> Info(RestRequest request) =>
        Task.FromResult(RestReply.Json(VmInfoBuilder.Build(gate.Machine), RestJson.Context.VmInfo));

    /// <summary>Empty: only disks and network devices count anything, and there are none.</summary>
    public Task<RestReply> Counters(RestRequest request)
    {
        _ = gate.Machine;
        return Task.FromResult(RestReply.Json(
            new Dictionary<string, Dictionary<string, ulong>>(), RestJson.Context.DictionaryStringDictionaryStringUInt64));
    }
}
