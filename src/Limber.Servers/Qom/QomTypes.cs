using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Config;
using Limber.Cpu;
using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;
using Limber.Servers.Devices;

namespace Limber.Servers.Qom;

/// <summary>The types that exist: those of the machine, and of processors of every model that can be chosen.</summary>
internal static class QomTypes
{
    private const string Processor = "x86_64-cpu";

    private static readonly Dictionary<string, QomType> Fixed = Index();

    public static string MachineType(string machine) => machine + "-machine";

    public static QomType? Find(VmConfig config, string name) => All(config).FirstOrDefault(type => type.Name == name);

    /// <summary>Types that are <paramref name="ancestor"/> or a kind of it, by ordinal name.</summary>
    public static IEnumerable<QomType> Implementing(VmConfig config, string ancestor) =>
        All(config).Where(type => IsKindOf(type, ancestor)).OrderBy(static type => type.Name, StringComparer.Ordinal);

    public static bool IsKindOf(QomType type, string ancestor)
    {
        for (QomType? at = type; at is not null; at = at.Parent is null ? null : Fixed[at.Parent])
        {
            if (at.Name == ancestor)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<QomType> All(VmConfig config) =>
        Fixed.Values.Append(new QomType(MachineType(config.MachineType), "machine"));

    private static Dictionary<string, QomType> Index()
    {
        List<QomType> types =
        [
            new("object", null, true),
            new("container", "object"),
            new("machine", "object", true),
            new("device", "object", true),
            new("cpu", "device", true),
            new(Processor, "cpu", true),
            new(CpuTypeNames.Generic, "cpu"),
            new("pci-device", "device", true),
            .. DeviceCatalog.All.Select(static driver => new QomType(driver.Name, "pci-device")),
            new("rng-backend", "object", true),
            new(ObjectOptions.BuiltinRandomType, "rng-backend"),
            new(ObjectOptions.RandomType, "rng-backend"),
            new("memory-backend", "object", true),
            new(MemoryBackendOptions.FileType, "memory-backend"),
            new(MemoryBackendOptions.MemfdType, "memory-backend"),
            new(MemoryBackendOptions.RamType, "memory-backend"),
            new(DimmOptions.Driver, "device"),
            .. CpuModels.Names.Select(static model => new QomType(model + CpuTypeNames.Suffix, Processor)),
        ];
        return types.ToDictionary(static type => type.Name, StringComparer.Ordinal);
    }
}
