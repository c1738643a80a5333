using System;

namespace Limber.Device.Loop;

/// <summary>Whose callbacks a <see cref="DeviceLoop"/> runs.</summary>
public interface ILoopOwner
{
    /// <summary>
    /// A callback of this owner threw. The loop goes on, also for its other owners; this one should stop using its
    /// descriptors and show its failure. What this method throws is dropped.
    /// </summary>
    /// <remarks>Thread: the loop's.</remarks>
    void OnLoopFault(Exception fault);
}
