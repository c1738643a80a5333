using System.Collections.Generic;
using System.Linq;
using Limber.Config.Backends;
using Limber.Control;

namespace Limber.Servers.Devices.Memory;

/// <summary>Memory backends as clients name them.</summary>
internal static class MemdevPaths
{
    /// <summary>Where the backends are.</summary>
    public const string Folder = "/objects";

    /// <summary>What all boot memory is called, whatever its nodes.</summary>
    private const string BootMemory = "pc.ram";

    /// <summary>Path of a device's backend; one that has no name is inside its device.</summary>
    public static string Of(MemoryDeviceInfo device) =>
        string.IsNullOrEmpty(device.BackendName) ? device.Path + "/memory" : $"{Folder}/{device.BackendName}";

    /// <summary>All backends, that of the boot memory last.</summary>
    public static IEnumerable<MemoryBackendConfig> All(IVirtualMachine machine) =>
        machine.Memory.GetBackends().Select(static backend => backend.Config).Append(new MemoryBackendConfig
        {
            Name = BootMemory,
            Size = machine.Memory.GetSummary().BaseSize,
            Share = machine.Config.Memory.Shared,
            Preallocate = machine.Config.Memory.Preallocate,
        });
}
