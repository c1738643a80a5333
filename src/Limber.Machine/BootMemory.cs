using System.Collections.Generic;
using Limber.Boot;
using Limber.Config;
using Limber.Control;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Machine;

/// <summary>The pages of the memory that a machine has when it starts.</summary>
internal static class BootMemory
{
    private const string Purpose = "guest memory";

    /// <summary>Pages as configured; none is touched that need not be.</summary>
    /// <exception cref="VmException">The configuration contradicts itself.</exception>
    /// <exception cref="HostException">The host has not as much; nothing is left.</exception>
    public static GuestMemory Allocate(MemoryLayout layout, MemoryConfig config)
    {
        if (PageRules.FindProblem(config.Size, config.HugePages, config.HugePageSize) is { } problem)
        {
            throw new VmException(VmErrorCode.Failed, "the huge page size of the memory: " + problem);
        }

        var regions = new List<GuestMemoryRegion>();
        try
        {
            foreach (GuestRange range in layout.Ranges)
            {
                HostMapping mapping = config.HugePages ? HostMapping.AllocateHuge(range.Length, config.HugePageSize, Purpose)
                    : config.Shared ? HostMapping.AllocateShared(range.Length, Purpose)
                    : HostMapping.AllocatePrivate(range.Length, Purpose);
                regions.Add(new GuestMemoryRegion(range.Start, mapping));
                mapping.PreferHugePages();
                if (config.Preallocate)
                {
                    mapping.Populate();
                }
            }

            return new GuestMemory([.. regions]);
        }
        catch
        {
            regions.ForEach(r => r.Dispose());
            throw;
        }
    }
}
