namespace Limber.LabTests;

/// <summary>What a client of the storm can do.</summary>
internal enum StormStep
{
    Plug,
    Unplug,
    Cancel,
    Pause,
    Continue,
    Reboot,
}
