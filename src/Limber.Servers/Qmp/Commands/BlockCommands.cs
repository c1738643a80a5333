using System.Collections.Generic;
using Limber.Control;
using Limber.DeviceOptions;
using Limber.Servers.Devices;
using Limber.Servers.Devices.Pci;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary><c>blockdev-add</c>, <c>blockdev-del</c> and <c>block_resize</c>.</summary>
internal static class BlockCommands
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new DelegateCommand("blockdev-add", new(BlockTypes.Node, QmpObjectType.Empty), Add)
        {
            StratoVirtSignature = new(BlockTypes.StratoVirtNode, QmpObjectType.Empty),
        },
        new DelegateCommand("blockdev-del", new(new QmpObjectType(new QmpMember("node-name", QmpType.String)), QmpObjectType.Empty), Remove),
        new DelegateCommand(
            "block_resize",
            new(
                new QmpObjectType(new("device", QmpType.String, true), new("node-name", QmpType.String, true), new("size", QmpType.Integer)),
                QmpObjectType.Empty),
            Resize),
    ];

    private static JsonValue Add(QmpArguments arguments, QmpContext context)
    {
        OptionBag bag = OptionBags.Of(arguments.Members, ValueSyntax.Message);
        context.Services.Blocks.AddNode(context.Dialect == QmpDialect.StratoVirt ? FromStratoVirt(bag) : bag, context.Dialect.Devices.Pci);
        return new JsonObject();
    }

    private static JsonValue Remove(QmpArguments arguments, QmpContext context)
    {
        context.Services.Blocks.Remove(arguments.String("node-name"), context.Dialect.Devices.Pci);
        return new JsonObject();
    }

    private static JsonValue Resize(QmpArguments arguments, QmpContext context)
    {
        string? device = arguments.OptionalString("device");
        string? node = arguments.OptionalString("node-name");
        long size = arguments.Integer("size");
        if (size < 0)
        {
            throw new QmpException("Parameter 'size' expects a >0 size");
        }

        try
        {
            context.Machine.Devices.ResizeDisk(
                (device ?? node) is { Length: > 0 } name && (device is null || node is null) ? name : throw NotFound(device, node), (ulong)size);
        }
        catch (VmException refusal) when (refusal.Code is VmErrorCode.DeviceNotFound or VmErrorCode.BackendNotFound)
        {
            throw NotFound(device, node);
        }

        return new JsonObject();
    }

    private static QmpException NotFound(string? device, string? node) =>
        new($"Cannot find device='{device}' nor node-name='{node}'");

    // Its format is raw unless given, O_DIRECT comes with an engine of its own, and its id says what the name says.
    private static OptionBag FromStratoVirt(OptionBag bag)
    {
        bag.Remove("id");
        bag.Remove("media");
        if (!bag.Contains("driver"))
        {
            bag.Set("driver", OptionValue.FromString("raw"));
        }

        if (bag.TryGet("driver", out OptionValue driver) && driver.AsText() == "raw")
        {
            bag.Remove("l2-cache-size");
            bag.Remove("refcount-cache-size");
        }

        if (bag.TryGet("file.aio", out OptionValue engine))
        {
            bag.Set("file.aio", OptionValue.FromString(engine.AsText() switch
            {
                "iouring" => "io_uring",
                "off" => "threads",
                _ => engine.AsText()!,
            }));
        }

        return bag;
    }
}
