namespace Limber.Devices.Platform.Hotplug;

/// <summary>What distinguishes the shared area of one hotplug controller from that of another.</summary>
/// <param name="Signature">First word of the area.</param>
/// <param name="Version">Of the layout.</param>
/// <param name="Slots">Number of slots.</param>
/// <param name="GroupSize">Slots that share a sequence.</param>
/// <param name="GuestOffset">Where the part that the guest writes begins, in bytes.</param>
/// <param name="AreaSize">Bytes of the area.</param>
internal sealed record HotplugLayout(uint Signature, uint Version, int Slots, int GroupSize, uint GuestOffset, uint AreaSize);
