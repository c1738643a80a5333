using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Limber.Vfio;

/// <summary>A PCI function of the host as its directory in sysfs shows it.</summary>
/// <param name="Path">The directory, without a slash at its end.</param>
/// <param name="Address">The host's name for it, such as <c>0000:01:00.0</c>.</param>
/// <param name="Group">Number of its IOMMU group: functions that the IOMMU can't tell apart.</param>
public sealed record VfioHostFunction(string Path, string Address, int Group)
{
    private const string Driver = "vfio-pci";

    /// <summary>Finds a function that is ready to be passed through.</summary>
    /// <param name="path">Its directory in sysfs.</param>
    /// <exception cref="VfioException">It is not there, has no IOMMU, or another driver has it; the text says what to do.</exception>
    public static VfioHostFunction Locate(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string directory = path.TrimEnd('/');
        if (directory.Length == 0 || !Directory.Exists(directory))
        {
            throw new VfioException(path, "no such device", advice: "give the directory of a PCI function, such as /sys/bus/pci/devices/0000:01:00.0");
        }

        // The directory in /sys/bus is a link; its own name is the address either way.
        string address = System.IO.Path.GetFileName(directory);
        string? driver = ReadLink(directory, "driver");
        if (driver != Driver)
        {
            string has = driver is null ? "no driver has it" : $"the driver {driver} has it";
            throw new VfioException(path, $"not bound to {Driver}: {has}", advice: BindAdvice(directory, address, driver));
        }

        string? group = ReadLink(directory, "iommu_group");
        if (!int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            throw new VfioException(
                path, "no IOMMU translates it", advice: "turn the IOMMU on in the host's firmware and kernel (intel_iommu=on or amd_iommu=on)");
        }

        return new VfioHostFunction(directory, address, number);
    }

    /// <summary>
    /// The functions of its group that keep it from being used: a host driver other than vfio-pci has them. Bridges and
    /// functions without a driver don't count, as for the kernel.
    /// </summary>
    public IReadOnlyList<string> FindForeignMembers()
    {
        try
        {
            return
            [
                .. Directory.EnumerateFileSystemEntries(System.IO.Path.Combine(Path, "iommu_group", "devices"))
                    .Select(member => new { Name = System.IO.Path.GetFileName(member), Driver = ReadLink(member, "driver") })
                    .Where(member => member.Driver is not (null or Driver or "pcieport" or "pci-stub"))
                    .Select(member => $"{member.Name} (driver {member.Driver})")
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string BindAdvice(string directory, string address, string? driver)
    {
        string bus = System.IO.Path.GetDirectoryName(System.IO.Path.GetDirectoryName(directory) ?? "") is { Length: > 0 } above
            && System.IO.Path.GetFileName(above) == "pci" ? above : "/sys/bus/pci";
        string unbind = driver is null ? "" : $"write {address} to {directory}/driver/unbind, ";
        return $"load {Driver}, write {Driver} to {directory}/driver_override, {unbind}then write {address} to {bus}/drivers_probe";
    }

    private static string? ReadLink(string directory, string name)
    {
        string? target = new FileInfo(System.IO.Path.Combine(directory, name)).LinkTarget;
        return target is null ? null : System.IO.Path.GetFileName(target);
    }
}
