using Limber.Memory;

namespace Limber.Boot;

/// <summary>How the first processor starts in what was loaded.</summary>
/// <param name="Protocol">The state the processor is in.</param>
/// <param name="Registers">The exact registers; everything not named there has its value after reset.</param>
/// <param name="Kernel">Memory that the kernel occupies until it manages memory itself.</param>
/// <param name="Initramfs">Where the initramfs is; of length 0 without one.</param>
public sealed record BootEntry(BootProtocol Protocol, BootRegisters Registers, GuestRange Kernel, GuestRange Initramfs);
