using System;
using System.Linq;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Servers.Devices.Pci;

/// <summary>Names of buses: the machine calls its root bus <c>pcie.0</c>, clients of the older machine type <c>pci.0</c>.</summary>
internal static class PciBuses
{
    public const string Root = "pcie.0";
    private const string OldRoot = "pci.0";

    /// <summary>The machine's name of a bus that a client names, or null when there is none.</summary>
    public static string? Resolve(IVirtualMachine machine, string bus)
    {
        if (bus == RootName(machine.Config))
        {
            return Root;
        }

        return machine.Devices.GetDevices().Any(device => device.Config is RootPortConfig && device.Id == bus) ? bus : null;
    }

    /// <summary>The root bus as clients of the machine's type name it.</summary>
    public static string RootName(VmConfig config) =>
        config.MachineType == "pc" || config.MachineType.StartsWith("pc-i440fx", StringComparison.Ordinal) ? OldRoot : Root;

    /// <summary>A bus of the machine as clients name it; null stands for the root bus.</summary>
    public static string NameOf(VmConfig config, string? bus) => bus is null or Root ? RootName(config) : bus;
}
