using Limber.Boot;

namespace Limber.Machine.Tests;

/// <summary>The guest's side of memory hotplug.</summary>
/// <param name="slots">DIMM slots of a machine of <see cref="TinyGuest.Configure"/>.</param>
internal sealed class MemoryWords(int slots) : GuestWords(
    (uint)FirmwareArea.Place(MemoryLayout.For(TinyGuest.Configure(null).Memory.Size), 1, 0, slots).MemoryHotplug.Start.Value,
    0x800 + (32 * (uint)slots),
    doorbell: 0x62C);
