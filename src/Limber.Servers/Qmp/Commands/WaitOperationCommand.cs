using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>
/// <c>x-limber-wait-operation {id, timeout?}</c>: answers with the operation when it is final, or as it stands after
/// <c>timeout</c> seconds (without one: when its own deadline ends it). The member <c>final</c> tells which.
/// </summary>
internal sealed class WaitOperationCommand : IQmpWaitingCommand
{
    /// <summary>The longest a client may ask for; longer waits are cut to it.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public string Name => "x-limber-wait-operation";

    public QmpSignature Signature { get; } = new(
        new QmpObjectType(
            new("id", QmpType.Integer),
            new("timeout", QmpType.Number, true)),
        MachineTypes.Operation);

    public JsonValue Execute(QmpArguments arguments, QmpContext context) =>
        ExecuteAsync(arguments, context, CancellationToken.None).GetAwaiter().GetResult();

    public Task<JsonValue> ExecuteAsync(QmpArguments arguments, QmpContext context, CancellationToken sessionEnds)
    {
        long id = arguments.Integer("id");
        double? seconds = arguments.OptionalNumber("timeout");
        if (seconds is < 0 or double.NaN)
        {
            throw new QmpException("Parameter 'timeout' expects a non-negative number of seconds");
        }

        TimeSpan timeout = seconds is { } value && value < Longest.TotalSeconds ? TimeSpan.FromSeconds(value) : Longest;
        return WaitAsync(OperationLookup.Find(context.Machine, id), timeout, sessionEnds);
    }

    private static async Task<JsonValue> WaitAsync(IHotplugOperation operation, TimeSpan timeout, CancellationToken sessionEnds)
    {
        try
        {
            await operation.Completion.WaitAsync(timeout, sessionEnds).ConfigureAwait(false);
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
            // Not an error: the answer says how far it is.
        }

        return OperationJson.Describe(operation.Current);
    }
}
