namespace Limber.Pci;

/// <summary>What became of the wish that a guest release the device in a slot.</summary>
public enum PcieRemovalRequest
{
    /// <summary>There is no device.</summary>
    Empty,

    /// <summary>The guest doesn't use the device: it can be taken away at once.</summary>
    AlreadyReleased,

    /// <summary>The guest has been asked, now or before; <see cref="IPcieSlotHost.OnReleased"/> follows, or nothing.</summary>
    Requested,

    /// <summary>The guest is busy with the slot and would take the question for its opposite; ask again later.</summary>
    Busy,
}
