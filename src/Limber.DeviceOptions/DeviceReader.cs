namespace Limber.DeviceOptions;

/// <summary>What a driver reads a device from.</summary>
/// <param name="Options">Its properties.</param>
/// <param name="References">What they may name.</param>
/// <param name="Id">Its id.</param>
/// <param name="Bus">Its bus, by the name the machine has for it.</param>
/// <param name="Slot">Its place.</param>
internal sealed record DeviceReader(OptionReader Options, IDeviceReferences References, string? Id, string? Bus, int? Slot);
