namespace Limber.Vfio;

/// <summary>What a device has of one kind of interrupt.</summary>
/// <param name="Count">How many; 0 for none.</param>
/// <param name="CanSignalEvent">They can be turned into events.</param>
/// <param name="CanGrow">More can be enabled while some are, without disabling those in between.</param>
public readonly record struct VfioInterruptInfo(int Count, bool CanSignalEvent, bool CanGrow);
