using System.Collections.Generic;
using Limber.Acpi;

namespace Limber.Device;

/// <summary>A device that describes itself to the guest's ACPI.</summary>
public interface IAmlContributor
{
    /// <summary>Terms for the root of the DSDT; a device opens the scope it belongs to itself.</summary>
    IEnumerable<AmlTerm> DescribeAml();
}
