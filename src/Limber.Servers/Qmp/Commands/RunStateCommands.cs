using System;
using System.Collections.Generic;
using Limber.Control;
using Limber.Servers.Devices;
using Limber.Servers.Json;
using Limber.Servers.Qmp.Schema;

namespace Limber.Servers.Qmp.Commands;

/// <summary>Commands about what the machine is doing.</summary>
internal static class RunStateCommands
{
    public static IReadOnlyList<IQmpCommand> All { get; } =
    [
        new NoArgumentCommand("query-status", MachineTypes.Status, static context => context.Dialect.Status(context.Machine.State)),
        Action("stop", static machine => machine.Pause()),
        Action("cont", MachineActions.Continue),
        Action("system_reset", static machine => machine.Reset(ShutdownReason.HostQmpSystemReset)),
        Action("system_powerdown", static machine => machine.PressPowerButton()),
        Action("quit", static machine => machine.Quit(ShutdownReason.HostQmpQuit)),
    ];

    private static NoArgumentCommand Action(string name, Action<IVirtualMachine> action) => new(name, QmpObjectType.Empty, context =>
    {
        action(context.Machine);
        return new JsonObject();
    });
}
