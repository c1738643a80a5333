using System.Collections.Generic;

namespace Limber.GuestAgent;

/// <summary>The processors a guest had before more were plugged, or why that is not known.</summary>
public sealed class GuestVcpuSnapshot
{
    private readonly HashSet<long> ids = [];

    internal GuestVcpuSnapshot(IEnumerable<GuestVcpu> vcpus)
    {
        foreach (GuestVcpu vcpu in vcpus)
        {
            ids.Add(vcpu.LogicalId);
        }
    }

    internal GuestVcpuSnapshot(GuestAgentException failure) => Failure = failure;

    /// <summary>Why there is no snapshot, or null.</summary>
    public GuestAgentException? Failure { get; }

    /// <summary>Number of processors.</summary>
    public int Count => ids.Count;

    /// <summary>The guest had this processor.</summary>
    public bool Contains(long logicalId) => ids.Contains(logicalId);
}
