namespace Limber.Control;

/// <summary>A device that was just plugged in.</summary>
/// <param name="Device">It, with its place.</param>
/// <param name="Operation">What the guest makes of it; complete already when the guest has not started.</param>
public sealed record DevicePlug(DeviceInfo Device, IHotplugOperation Operation);
