using System.Collections.Generic;
using Limber.Config;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;
using Limber.Servers.Devices;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>What devices refer to: network backends, objects and character devices.</summary>
internal static class BackendCommands
{
    private static readonly QmpMember Id = new("id", QmpType.String);

    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new DelegateCommand("netdev_add", new(DeviceTypes.Netdev, QmpObjectType.Empty), AddNetdev)
        {
            StratoVirtSignature = new(DeviceTypes.StratoVirtNetdev, QmpObjectType.Empty),
        },
        new DelegateCommand("netdev_del", new(new QmpObjectType(Id), QmpObjectType.Empty), static (arguments, context) =>
        {
            context.Services.Networks.Remove(arguments.String("id"), context.Dialect.Devices.Pci);
            return new JsonObject();
        }),
        new DelegateCommand("object-add", new(DeviceTypes.Object, QmpObjectType.Empty), AddObject),
        new DelegateCommand("object-del", new(new QmpObjectType(Id), QmpObjectType.Empty), static (arguments, context) =>
        {
            context.Services.Things.RemoveObject(arguments.String("id"));
            return new JsonObject();
        }),
        new DelegateCommand("chardev-add", new(new QmpObjectType(Id, new("backend", DeviceTypes.ChardevBackend)), QmpObjectType.Empty), AddChardev),
        new DelegateCommand("chardev-remove", new(new QmpObjectType(Id), QmpObjectType.Empty), static (arguments, context) =>
        {
            context.Services.Things.RemoveChardev(arguments.String("id"));
            return new JsonObject();
        }),
    ];

    private static JsonValue AddNetdev(QmpArguments arguments, QmpContext context)
    {
        OptionBag bag = OptionBags.Of(arguments.Members, ValueSyntax.Message);
        context.Services.Networks.Add(bag, context.Dialect.Devices.Pci, context.Dialect == QmpDialect.StratoVirt ? "tap" : null);
        return new JsonObject();
    }

    private static JsonValue AddObject(QmpArguments arguments, QmpContext context)
    {
        try
        {
            context.Services.Things.AddObject(ObjectOptions.Read(OptionBags.Of(arguments.Members, ValueSyntax.Message)));
        }
        catch (OptionException refusal)
        {
            throw new QmpException(QmpErrorClass.GenericError, refusal.Message, refusal);
        }

        return new JsonObject();
    }

    /// <summary>A Unix socket for a vhost-user back end: nothing is connected until a backend or device uses it.</summary>
    private static JsonValue AddChardev(QmpArguments arguments, QmpContext context)
    {
        OptionBag backend = OptionBags.Of(arguments.Object("backend"), ValueSyntax.Message);
        backend.TryGet("data.addr.data.path", out OptionValue path);
        bool server = !backend.TryGet("data.server", out OptionValue given) || given.AsBoolean() == true;
        string id = arguments.String("id");
        if (!Identifier.IsValid(id))
        {
            throw new QmpException("Parameter 'id' expects an identifier");
        }

        if (path.AsText() is not { Length: > 0 } socket)
        {
            throw new QmpException("Parameter 'backend.data.addr.data.path' expects the path of a Unix socket");
        }

        if (backend.TryGet("data.wait", out OptionValue wait) && wait.AsBoolean() == true)
        {
            throw new QmpException("Parameter 'backend.data.wait' with value 'true': not built yet (supported: false)");
        }

        context.Services.Things.AddChardev(id, new ChardevConfig.UnixSocket(socket, server, Wait: false));
        return new JsonObject();
    }
}
