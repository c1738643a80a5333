namespace Limber.Machine;

/// <summary>What the thread of a vCPU is to do.</summary>
internal enum VcpuOrder
{
    /// <summary>Run guest code.</summary>
    Run,

    /// <summary>Stay outside the guest, and be ready to go on.</summary>
    Park,

    /// <summary>Leave the guest for good, and rest until another processor uses the vCPU.</summary>
    Retire,

    /// <summary>End.</summary>
    Stop,
}
