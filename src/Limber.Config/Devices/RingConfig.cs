namespace Limber.Config.Devices;

/// <summary>What a virtio device offers its driver for its rings (VIRTIO 1.2, 6); the driver takes what it knows.</summary>
public sealed record RingConfig
{
    /// <summary>What is offered unless the user says otherwise, as other monitors do.</summary>
    public static RingConfig Default { get; } = new();

    /// <summary>Packed rings (<c>VIRTIO_F_RING_PACKED</c>) beside split ones. Not for devices whose rings a back end outside serves.</summary>
    public bool Packed { get; init; }

    /// <summary>Tables of descriptors (<c>VIRTIO_F_INDIRECT_DESC</c>).</summary>
    public bool IndirectDescriptors { get; init; } = true;

    /// <summary>Notifications and interrupts at an index (<c>VIRTIO_F_EVENT_IDX</c>).</summary>
    public bool EventIndex { get; init; } = true;

    /// <summary>Reset of single queues (<c>VIRTIO_F_RING_RESET</c>).</summary>
    public bool QueueReset { get; init; } = true;
}
