using System;
using Limber.Control;
using Limber.Virtio.Balloon;

namespace Limber.Machine;

/// <summary>The machine's balloon for clients: how much memory the guest is to give up, and has given up.</summary>
/// <remarks>Guarded by the machine's control lock.</remarks>
/// <param name="devices">The PCI devices; one of them at most is a balloon.</param>
/// <param name="publisher">Takes the events.</param>
internal sealed class BalloonControl(DeviceTable devices, EventPublisher publisher)
{
    /// <summary>Bytes of all memory the guest can use, memory devices included.</summary>
    public required Func<ulong> GetMemorySize { get; init; }

    /// <summary>Bytes the guest has given up, or null when there is no balloon.</summary>
    public ulong? Actual => Balloon?.Actual;

    private VirtioBalloon? Balloon => devices.Find(d => d.Parts?.Balloon is not null)?.Parts?.Balloon;

    /// <inheritdoc cref="IDeviceManager.SetBalloon"/>
    public void SetTarget(ulong bytes)
    {
        VirtioBalloon balloon = Balloon ?? throw new VmException(VmErrorCode.DeviceNotFound, "No balloon device has been activated");
        ulong total = GetMemorySize();
        balloon.Target = bytes < total
            ? bytes
            : throw new VmException(VmErrorCode.InvalidDevice, $"a balloon of {bytes} bytes does not leave any of the guest's {total} bytes");
    }

    /// <summary>The guest gave up memory, or took it back.</summary>
    public void OnChanged()
    {
        ulong total = GetMemorySize();
        publisher.Publish(new VmEvent.BalloonChanged(total - Math.Min(total, Actual ?? 0)));
    }
}
