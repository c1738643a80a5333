using System.Collections.Generic;
using Limber.Control;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>
/// Cables and character devices: <c>set_link</c>, <c>query-chardev</c>. Every device has a thread of its own and there are no others to
/// give it, so <c>query-iothreads</c> lists none.
/// </summary>
internal static class ConnectionCommands
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand(
            "query-chardev",
            new QmpArrayType(new QmpObjectType(
                new("label", QmpType.String), new("filename", QmpType.String), new("frontend-open", QmpType.Boolean))),
            Chardevs),
        new NoArgumentCommand(
            "query-iothreads",
            new QmpArrayType(new QmpObjectType(new("id", QmpType.String), new("thread-id", QmpType.Integer))),
            static _ => new List<JsonValue>()),
        new DelegateCommand("set_link", new(new QmpObjectType(new("name", QmpType.String), new("up", QmpType.Boolean)), QmpObjectType.Empty), SetLink),
    ];

    private static JsonValue Chardevs(QmpContext context)
    {
        List<JsonValue> result = [];
        foreach (ChardevState chardev in context.Services.Things.Chardevs)
        {
            result.Add(new JsonObject { { "frontend-open", chardev.IsInUse }, { "filename", chardev.Description }, { "label", chardev.Id } });
        }

        return result;
    }

    private static JsonValue SetLink(QmpArguments arguments, QmpContext context)
    {
        SetLink(context.Machine, arguments.String("name"), arguments.OptionalBoolean("up")!.Value);
        return new JsonObject();
    }

    /// <exception cref="QmpException">There is no such card, or its backend was removed.</exception>
    internal static void SetLink(IVirtualMachine machine, string name, bool up)
    {
        try
        {
            machine.Devices.SetLink(name, up);
        }
        catch (VmException refusal)
        {
            throw new QmpException(
                refusal.Code == VmErrorCode.DeviceNotFound ? QmpErrorClass.DeviceNotFound : QmpErrorClass.GenericError, refusal.Message, refusal);
        }
    }
}
