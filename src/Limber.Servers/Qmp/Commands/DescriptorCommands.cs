using System.Collections.Generic;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Names for descriptors that came beside the bytes of a Unix socket.</summary>
internal static class DescriptorCommands
{
    private static readonly QmpSignature Named = new(new QmpObjectType(new QmpMember("fdname", QmpType.String)), QmpObjectType.Empty);

    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new DelegateCommand("getfd", Named, static (arguments, context) =>
        {
            // Of several, QEMU takes the first and StratoVirt the last.
            context.Descriptors.Name(arguments.String("fdname"), last: context.Dialect == QmpDialect.StratoVirt);
            return new JsonObject();
        }),
        new DelegateCommand("closefd", Named, static (arguments, context) =>
        {
            context.Descriptors.Close(arguments.String("fdname"));
            return new JsonObject();
        }),
    ];
}
