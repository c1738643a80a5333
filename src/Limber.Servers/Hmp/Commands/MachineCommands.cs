using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Control;
using Limber.Servers.Devices;
using Limber.Servers.Qmp;
using Limber.Servers.Qmp.Commands;

namespace Limber.Servers.Hmp.Commands;

/// <summary>Commands that change the machine.</summary>
internal static class MachineCommands
{
    public static IReadOnlyList<HmpCommand> All { get; } =
    [
        new("cpu", "index", "set the default CPU", HmpArgument.Integer, ChooseCpu),
        new("cpu-add", "id", "add cpu by its index", HmpArgument.Integer, static (context, index) =>
            context.Services.Cpus.AddByIndex(long.Parse(index, CultureInfo.InvariantCulture))),
        new("x-limber-resize", "cpus", "change the number of CPUs in one step", HmpArgument.Integer, Resize),
        new("x-limber-cancel-operation", "id", "withdraw a hotplug request the guest has not acted on", HmpArgument.Integer, Cancel),
        Action("stop|s", "stop emulation", static machine => machine.Pause()),
        Action("cont|c", "resume emulation", MachineActions.Continue),
        Action("system_reset", "reset the system", static machine => machine.Reset(ShutdownReason.HostQmpSystemReset)),
        Action("system_powerdown", "send system power down event", static machine => machine.PressPowerButton()),
        Action("quit|q", "quit the emulator", static machine => machine.Quit(ShutdownReason.HostQmpQuit)),
    ];

    private static HmpCommand Action(string names, string help, Action<IVirtualMachine> action) =>
        new(names, string.Empty, help, HmpArgument.None, (context, _) => action(context.Machine));

    private static void ChooseCpu(HmpContext context, string index)
    {
        CpuSlot? chosen = context.Machine.GetCpuSlots().FirstOrDefault(slot =>
            slot.Occupant is not null && slot.Index == long.Parse(index, CultureInfo.InvariantCulture));
        if (chosen is null)
        {
            context.PrintLine("invalid CPU index");
            return;
        }

        context.Focus.CpuIndex = chosen.Index;
    }

    private static void Resize(HmpContext context, string cpus)
    {
        foreach (IHotplugOperation operation in CpuResize.To(context.Machine, long.Parse(cpus, CultureInfo.InvariantCulture)))
        {
            context.PrintLine(InfoCommands.Describe(operation.Current));
        }
    }

    private static void Cancel(HmpContext context, string id) =>
        OperationLookup.Cancel(context.Machine, long.Parse(id, CultureInfo.InvariantCulture));
}
