using Limber.Boot;

namespace Limber.Machine.Tests;

/// <summary>The guest's side of processor hotplug.</summary>
/// <param name="processors">Number of possible processors of the machine of <see cref="TinyGuest.Configure"/>.</param>
internal sealed class HotplugWords(int processors) : GuestWords(
    (uint)FirmwareArea.Place(MemoryLayout.For(TinyGuest.Configure(null).Memory.Size), processors).CpuHotplug.Start.Value,
    0x100 + (4 * (uint)processors),
    doorbell: 0x620);
