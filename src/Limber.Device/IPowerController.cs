namespace Limber.Device;

/// <summary>What a guest may ask of the machine it runs in.</summary>
/// <remarks>Thread: vCPU threads. Calls return at once; the machine acts on its own thread.</remarks>
public interface IPowerController
{
    /// <summary>The guest asked for a reset (ACPI reset register, keyboard controller, triple fault).</summary>
    void RequestReset();

    /// <summary>The guest entered S5.</summary>
    void RequestPowerOff();
}
