namespace Limber.Pci;

/// <summary>What a root port's slot tells the machine about the guest's doings.</summary>
/// <remarks>Thread: a vCPU's, inside a configuration transaction. Implementations queue, bounded, and return.</remarks>
public interface IPcieSlotHost
{
    /// <summary>The guest uses the device in the slot: it lit the power indicator.</summary>
    void OnEnabled(PcieRootPort port);

    /// <summary>
    /// The guest no longer uses the device: power indicator off, and power, where there is a controller. It was asked, when
    /// <see cref="PcieRootPort.IsRemovalRequested"/>, or did it by itself; then the device stays until somebody takes it away.
    /// </summary>
    void OnReleased(PcieRootPort port);

    /// <summary>The guest found something wrong with the slot, such as a device it can't use: it lit the attention indicator.</summary>
    void OnAttention(PcieRootPort port);
}
