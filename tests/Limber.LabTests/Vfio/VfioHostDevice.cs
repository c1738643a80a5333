using System;
using System.IO;
using System.Linq;

namespace Limber.LabTests.Vfio;

/// <summary>A function of the lab machine that is there to be passed through.</summary>
internal static class VfioHostDevice
{
    private const string Bus = "/sys/bus/pci";

    /// <summary>Finds a function by what it is and gives it to vfio-pci.</summary>
    /// <returns>Its directory in sysfs.</returns>
    public static string Bind(string vendor, string device)
    {
        string path = Find(vendor, device);
        string address = Path.GetFileName(path);
        File.WriteAllText(path + "/driver_override", "vfio-pci");
        if (Directory.Exists(path + "/driver"))
        {
            Unbind(path);
        }

        File.WriteAllText(Bus + "/drivers_probe", address);
        return path;
    }

    /// <summary>Takes a function away from its driver; waits until the driver lets it go.</summary>
    public static void Unbind(string path) => File.WriteAllText(path + "/driver/unbind", Path.GetFileName(path));

    /// <summary>Finds a function by what it is.</summary>
    public static string Find(string vendor, string device)
    {
        string? found = Directory.Exists(Bus + "/drivers/vfio-pci")
            ? Directory.EnumerateDirectories(Bus + "/devices").FirstOrDefault(path => Is(path, "vendor", vendor) && Is(path, "device", device))
            : null;
        return found ?? throw new SkipException($"this machine has no vfio-pci or no function {vendor}:{device}; lab/vfio makes one that has");
    }

    private static bool Is(string path, string file, string value) =>
        string.Equals(File.ReadAllText(Path.Combine(path, file)).Trim(), "0x" + value, StringComparison.OrdinalIgnoreCase);
}
