namespace Limber.Pci;

/// <summary>
/// The host bridge as function 00:00.0. It has nothing to program, so its identity is one that no driver and no quirk of
/// known guests takes for a chipset with registers of its own (a Q35's would make Linux load AGP and memory controller
/// drivers): the generic PCIe host bridge of QEMU.
/// </summary>
internal sealed class HostBridgeFunction()
    : PciFunction(new PciIdentity(0x1B36, 0x0008, 0x060000, 0, 0x1AF4, 0x1100), "host bridge");
