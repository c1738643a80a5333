using Limber.Memory;

namespace Limber.Boot;

/// <summary>Where the loader has put everything that the boot information describes.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Kernel">Memory that the kernel occupies, from its load address.</param>
/// <param name="Initramfs">Of length 0 without one.</param>
/// <param name="CommandLine">Guest address of the terminated command line.</param>
internal sealed record BootPlan(LoadRequest Request, GuestRange Kernel, GuestRange Initramfs, GuestAddress CommandLine);
