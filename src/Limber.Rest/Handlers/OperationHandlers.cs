using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Json;

namespace Limber.Rest.Handlers;

/// <summary><c>vm.operations</c>: hotplug as something that takes time (an extension of this project).</summary>
internal sealed class OperationHandlers(MachineGate gate)
{
    public Task<RestReply> List(RestRequest request)
    {
        OperationBody[] body = [.. gate.Machine.GetOperations().Select(operation => OperationBody.Of(operation.Current))];
        return Task.FromResult(RestReply.Json(body, RestJson.Context.OperationBodyArray));
    }

    public Task<RestReply> Get(RestRequest request)
    {
        OperationSnapshot operation = Find(gate.Machine, request.Id).Current;
        return Task.FromResult(RestReply.Json(OperationBody.Of(operation), RestJson.Context.OperationBody));
    }

    public async Task<RestReply> Cancel(RestRequest request)
    {
        await gate.ChangeAsync(machine =>
        {
            IHotplugOperation operation = Find(machine, request.Id);
            if (!operation.TryCancel())
            {
                throw RestException.Refused(409, OperationBody.Of(operation.Current).Describe());
            }
        }).ConfigureAwait(false);
        return RestReply.NoContent;
    }

    private static IHotplugOperation Find(IVirtualMachine machine, string text)
    {
        IHotplugOperation? operation = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? machine.FindOperation(id)
            : null;
        return operation ?? throw RestException.Refused(404, $"there is no operation '{text}'");
    }
}
