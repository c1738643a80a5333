using System.Collections.Generic;
using Limber.Device;
using Limber.Device.Loop;
using Limber.Memory;

namespace Limber.Virtio;

/// <summary>What a device is created with.</summary>
/// <param name="Id">Name for messages and counters.</param>
/// <param name="Memory">The guest's RAM.</param>
/// <param name="Loops">
/// Where the device runs, at least one, started by the creator and disposed by it after the device: the first is the control loop,
/// queue i runs on loop i modulo their number. Several devices may share a loop.
/// </param>
/// <param name="Log">Counts what the guest does wrong.</param>
public sealed record VirtioDeviceContext(string Id, GuestMemoryMap Memory, IReadOnlyList<DeviceLoop> Loops, IDeviceLog Log)
{
    /// <summary>Which of <see cref="VirtioFeatures.AllRing"/> are offered.</summary>
    public ulong RingFeatures { get; init; } = VirtioFeatures.DefaultRing;
}
