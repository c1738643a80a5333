using System;
using Limber.Control;
using Limber.Servers.Qmp;

namespace Limber.Servers.Devices.Pci;

/// <summary>The balloon as QEMU's clients count it: by what the guest keeps, not by what it gives up.</summary>
internal static class Balloon
{
    /// <summary>Bytes the guest has left.</summary>
    /// <exception cref="QmpException">There is no balloon.</exception>
    public static ulong Actual(IVirtualMachine machine)
    {
        ulong given = machine.Devices.GetBalloon() ?? throw None();
        ulong all = machine.Memory.GetSummary().TotalSize;
        return all - Math.Min(given, all);
    }

    /// <summary>Asks the guest to keep this much; more than it has means all of it.</summary>
    /// <exception cref="QmpException">There is no balloon, or it is nothing at all.</exception>
    public static void SetTarget(IVirtualMachine machine, long bytes)
    {
        if (machine.Devices.GetBalloon() is null)
        {
            throw None();
        }

        if (bytes <= 0)
        {
            throw new QmpException("Parameter 'target' expects a size");
        }

        ulong all = machine.Memory.GetSummary().TotalSize;
        try
        {
            machine.Devices.SetBalloon(all - Math.Min((ulong)bytes, all));
        }
        catch (VmException refusal) when (refusal.Code == VmErrorCode.DeviceNotFound)
        {
            throw None();
        }
    }

    private static QmpException None() => new(QmpErrorClass.DeviceNotActive, "No balloon device has been activated");
}
