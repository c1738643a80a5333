namespace Limber.Device;

/// <summary>A message-signalled interrupt: the write that a PCI function would do (PCI 3.0, 6.8.1.3).</summary>
/// <param name="Address">Message address, as the guest programmed it.</param>
/// <param name="Data">Message data.</param>
public readonly record struct MsiMessage(ulong Address, uint Data);
