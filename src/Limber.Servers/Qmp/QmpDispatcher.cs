using System;
using System.Threading;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Servers.Json;

namespace Limber.Servers.Qmp;

/// <summary>Finds and runs commands; every refusal becomes the client's error. Thread: any.</summary>
internal sealed class QmpDispatcher(QmpContext context)
{
    /// <summary>True when the message may be carried out before those that wait in front of it.</summary>
    public bool Overtakes(JsonValue message) =>
        context.OutOfBandEnabled
        && message.Kind == JsonKind.Object
        && message.AsObject().TryGet("exec-oob", out JsonValue name)
        && name.Kind == JsonKind.String
        && context.Services.Commands.Find(name.AsString()) is { AllowsOutOfBand: true };

    /// <summary>Runs a request. A null reply means that <paramref name="pending"/> brings it later.</summary>
    public JsonObject? Run(QmpRequest request, CancellationToken sessionEnds, out Task<JsonObject>? pending)
    {
        pending = null;
        try
        {
            IQmpCommand command = Find(request);
            QmpArguments arguments = new(command.SignatureIn(context.Dialect), request.Arguments);
            if (command is IQmpWaitingCommand waiting)
            {
                pending = FinishAsync(waiting.ExecuteAsync(arguments, context, sessionEnds), request.Id);
                return null;
            }

            return QmpDialect.ReturnMessage(command.Execute(arguments, context), request.Id);
        }
        catch (Exception failure)
        {
            return Refuse(failure, request.Id);
        }
    }

    private IQmpCommand Find(QmpRequest request)
    {
        if (request.Error is not null)
        {
            throw request.Error;
        }

        if (!context.Negotiated && request.Command != QmpCommandTable.Negotiation)
        {
            throw new QmpException(
                QmpErrorClass.CommandNotFound,
                $"Expecting capabilities negotiation with '{QmpCommandTable.Negotiation}'");
        }

        IQmpCommand command = context.Services.Commands.Find(request.Command)
            ?? throw new QmpException(QmpErrorClass.CommandNotFound, $"The command {request.Command} has not been found");
        return request.OutOfBand && !command.AllowsOutOfBand
            ? throw new QmpException($"The command {request.Command} does not support OOB")
            : command;
    }

    private async Task<JsonObject> FinishAsync(Task<JsonValue> result, JsonValue? id)
    {
        try
        {
            return QmpDialect.ReturnMessage(await result.ConfigureAwait(false), id);
        }
        catch (Exception failure)
        {
            return Refuse(failure, id);
        }
    }

    /// <summary>
    /// A defect in one command must not end the machine whose monitor it is, so every exception becomes an answer.
    /// </summary>
    private JsonObject Refuse(Exception failure, JsonValue? id)
    {
        QmpException error = failure switch
        {
            QmpException refusal => refusal,
            VmException refusal => new QmpException(refusal.Message),
            _ => new QmpException($"Internal error: {failure.GetType().Name}: {failure.Message}"),
        };
        return context.Dialect.ErrorMessage(error, id);
    }
}
