using System.Collections.Generic;
using System.Linq;

namespace Limber.DeviceOptions;

/// <summary>What <c>help</c> among a device's properties shows.</summary>
public static class DriverHelp
{
    private const string DimmCategory = "Misc";

    /// <summary>All drivers by category, one line each.</summary>
    public static IEnumerable<string> List()
    {
        foreach (IGrouping<string, DeviceDriver> group in DeviceCatalog.All.GroupBy(static driver => driver.Category).OrderBy(static group => group.Key, System.StringComparer.Ordinal))
        {
            yield return $"{group.Key} devices:";
            foreach (DeviceDriver driver in group)
            {
                string alias = driver.ShortName is { } name ? $", alias \"{name}\"" : string.Empty;
                yield return $"name \"{driver.Name}\", bus PCI{alias}";
            }

            if (group.Key == DimmCategory)
            {
                yield return $"name \"{DimmOptions.Driver}\", desc \"DIMM memory module\"";
            }

            yield return string.Empty;
        }
    }

    /// <summary>A driver's properties, one line each.</summary>
    public static IEnumerable<string> Properties(string driver, IEnumerable<PropertySpec> properties)
    {
        yield return $"{driver} options:";
        foreach (PropertySpec property in properties)
        {
            string option = $"{property.Name}=<{property.TypeName}>";
            yield return property.Default is { } value ? $"  {option,-22} -  (default: {value})" : $"  {option}";
        }
    }
}
