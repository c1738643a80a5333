using System;
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
        context.Services.Networks.Add(bag, context.Dialect.Devices.Pci, context.Descriptors, context.Dialect == QmpDialect.StratoVirt ? "tap" : null);
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

    /// <summary>The host side of a port, or a Unix socket for a vhost-user back end: nothing is opened until a device uses it.</summary>
    private static JsonValue AddChardev(QmpArguments arguments, QmpContext context)
    {
        OptionBag backend = OptionBags.Of(arguments.Object("backend"), ValueSyntax.Message);
        string id = arguments.String("id");
        if (!Identifier.IsValid(id))
        {
            throw new QmpException("Parameter 'id' expects an identifier");
        }

        backend.TryGet("type", out OptionValue type);
        context.Services.Things.AddChardev(id, type.AsText() switch
        {
            "null" => new ChardevConfig.Null(),
            "file" => File(backend),
            _ => Socket(backend),
        });
        return new JsonObject();
    }

    private static ChardevConfig.File File(OptionBag backend)
    {
        backend.TryGet("data.out", out OptionValue path);
        backend.TryGet("data.append", out OptionValue append);
        return path.AsText() is { Length: > 0 } text
            ? new ChardevConfig.File(text, append.AsBoolean() == true)
            : throw new QmpException("Parameter 'backend.data.out' expects a path");
    }

    private static ChardevConfig.UnixSocket Socket(OptionBag backend)
    {
        backend.TryGet("data.addr.data.path", out OptionValue path);
        bool server = !backend.TryGet("data.server", out OptionValue given) || given.AsBoolean() == true;
        if (path.AsText() is not { Length: > 0 } socket)
        {
            throw new QmpException("Parameter 'backend.data.addr.data.path' expects the path of a Unix socket");
        }

        if (backend.TryGet("data.wait", out OptionValue wait) && wait.AsBoolean() == true)
        {
            throw new QmpException("Parameter 'backend.data.wait' with value 'true': not built yet (supported: false)");
        }

        TimeSpan? reconnect = Reconnect(backend, "reconnect", 1000) ?? Reconnect(backend, "reconnect-ms", 1);
        if (reconnect is not null && server)
        {
            throw new QmpException("'reconnect' option is incompatible with socket in server listen mode");
        }

        return new ChardevConfig.UnixSocket(socket, server, Wait: false) { Reconnect = reconnect };
    }

    // 0 is none.
    private static TimeSpan? Reconnect(OptionBag backend, string name, int milliseconds)
    {
        if (!backend.TryGet("data." + name, out OptionValue value) || value.AsNumber() is not { } number || number == 0)
        {
            return null;
        }

        return number > 0 && number <= uint.MaxValue
            ? TimeSpan.FromMilliseconds((long)number * milliseconds)
            : throw new QmpException($"Parameter 'backend.data.{name}' expects a number from 0 to {uint.MaxValue}");
    }
}
