using System.Collections.Generic;
using System.Linq;

namespace Limber.Servers.Devices;

/// <summary>A property that device_add takes besides driver, bus and id.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="TypeName">C-like name of its type, as clients read it.</param>
/// <param name="Default">Value when it is not given; null when there is none.</param>
internal sealed record DeviceProperty(string Name, string TypeName, long? Default)
{
    /// <summary>Of a processor of any model: where it goes.</summary>
    public static IReadOnlyList<DeviceProperty> OfProcessor { get; } =
        [.. CpuProperties.Names.Append(CpuOnline.Name).Order(System.StringComparer.Ordinal).Select(static name => name switch
        {
            CpuOnline.Name => OfOnline,
            CpuProperties.ApicIdName => new DeviceProperty(name, "uint32", uint.MaxValue),
            _ => new DeviceProperty(name, "int32", -1),
        })];

    /// <summary>Of the driver <see cref="CpuTypeNames.Generic"/>.</summary>
    public static IReadOnlyList<DeviceProperty> OfGenericProcessor { get; } = [new("cpu-id", "uint32", null), OfOnline];

    private static DeviceProperty OfOnline => new(CpuOnline.Name, "bool", null);
}
