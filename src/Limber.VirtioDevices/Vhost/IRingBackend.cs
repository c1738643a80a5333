using System;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio;

namespace Limber.VirtioDevices.Vhost;

/// <summary>Another process, or the kernel, that serves the rings of a device itself.</summary>
/// <remarks>
/// Thread: one at a time. Calls wait for the other side, but not for ever. Errors are exceptions
/// (<see cref="HostException"/>, <see cref="VhostUser.VhostUserException"/>); after one the back end is of no further use.
/// </remarks>
public interface IRingBackend : IDisposable
{
    /// <summary>For messages: a path or an interface.</summary>
    string Name { get; }

    /// <summary>Virtio features it can serve.</summary>
    ulong Features { get; }

    /// <summary>The most queues, as the device type's back ends count them (pairs for a network device); null when it does not say.</summary>
    int? MaximumQueues { get; }

    /// <summary>
    /// Readable, or hung up, when the back end may be gone: then <see cref="CheckLost"/> says. It reports what <see cref="LossEvents"/>
    /// are. Null for one that never goes.
    /// </summary>
    FileDescriptor? LossDescriptor { get; }

    /// <summary>What <see cref="LossDescriptor"/> is watched for.</summary>
    LoopEvents LossEvents { get; }

    /// <summary>Whether the back end is gone. Takes what made <see cref="LossDescriptor"/> ready.</summary>
    bool CheckLost();

    /// <summary>After which time to look, again and again, whether a back end that is gone is there again; null for one that does not come back.</summary>
    TimeSpan? RetryInterval => null;

    /// <summary>Lets go of a back end that is gone. Idempotent.</summary>
    void Disconnect() { }

    /// <summary>
    /// Whether a back end that was gone is there again: it serves nothing yet, and knows neither features nor memory. Waits only for the
    /// answers of one that is there.
    /// </summary>
    bool TryReconnect() => false;

    /// <summary>Throws when it can't reach this memory.</summary>
    void CheckMemory(GuestMemory memory);

    /// <summary>What the driver accepted, limited to <see cref="Features"/>.</summary>
    void SetFeatures(ulong features);

    /// <summary>Hands the guest's memory over, or over again.</summary>
    void SetMemory(GuestMemory memory);

    /// <summary>Starts a ring.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="settings">Its place.</param>
    /// <param name="first">Index of the first entry to take.</param>
    /// <param name="kick">The guest's doorbell.</param>
    /// <param name="call">The guest's interrupt.</param>
    void StartRing(int index, in VirtqueueSettings settings, ushort first, HostEvent kick, HostEvent call);

    /// <summary>Stops a ring: it is not touched any more.</summary>
    /// <returns>Index of the first entry not taken.</returns>
    ushort StopRing(int index);
}
