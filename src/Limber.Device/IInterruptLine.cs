namespace Limber.Device;

/// <summary>One wire from a device to the guest's interrupt controller.</summary>
/// <remarks>Thread: any. Never call it while holding a device lock.</remarks>
public interface IInterruptLine
{
    /// <summary>Drives a level-triggered line; repeated calls with the same level are harmless.</summary>
    void Set(bool asserted);

    /// <summary>Raises one edge.</summary>
    void Pulse();
}
