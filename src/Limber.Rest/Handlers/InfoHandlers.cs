using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Limber.Config.Devices;
using Limber.Rest.Json;

namespace Limber.Rest.Handlers;

/// <summary>Queries about the machine.</summary>
internal sealed class InfoHandlers(MachineGate gate)
{
    public Task<RestReply> Info(RestRequest request) =>
        Task.FromResult(RestReply.Json(VmInfoBuilder.Build(gate.Machine), RestJson.Context.VmInfo));

    /// <summary>Only disks and network devices would count anything: empty without them, else refused.</summary>
    /// <exception cref="RestException">There is one.</exception>
    public Task<RestReply> Counters(RestRequest request)
    {
        if (gate.Machine.Devices.GetDevices().Any(device => device.Config is DiskDeviceConfig or NetDeviceConfig))
        {
            throw RestException.Refused(500, "counters of disks and network devices are not built yet");
        }

        return Task.FromResult(RestReply.Json(
            new Dictionary<string, Dictionary<string, ulong>>(), RestJson.Context.DictionaryStringDictionaryStringUInt64));
    }
}
