namespace Limber.Device;

/// <summary>A device that can return to its power-on state.</summary>
public interface IResettable
{
    /// <summary>
    /// Returns to the power-on state. Idempotent. Called by the machine's worker thread while no vCPU runs.
    /// </summary>
    void Reset();
}
