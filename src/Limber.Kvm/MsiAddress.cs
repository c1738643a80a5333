namespace Limber.Kvm;

/// <summary>
/// What a guest programs as the address of a message-signalled interrupt, and what KVM takes for it.
/// <code>
/// guest   63          32 31      20 19        12 11         5  4  3  2  1 0
///        +--------------+----------+------------+------------+--+--+--+----+
///        |  0           |  0xFEE   | dest  7:0  | dest  14:8 | 0|RH|DM|    |
///        +--------------+----------+------------+------------+--+--+--+----+
/// KVM     63    40 39 32 31      20 19        12 11         5  4  3  2  1 0
///        +--------+-----+----------+------------+------------+--+--+--+----+
///        |dest31:8|  0  |  0xFEE   | dest  7:0  |      0     | 0|RH|DM|    |
///        +--------+-----+----------+------------+------------+--+--+--+----+
/// </code>
/// Sources: Intel SDM volume 3, 11.11.1; Linux Documentation/virt/kvm/x86/cpuid.rst (KVM_FEATURE_MSI_EXT_DEST_ID) and
/// api.rst (KVM_CAP_X2APIC_API: bits 31 to 8 of <c>address_hi</c> are bits 31 to 8 of the destination).
/// </summary>
public static class MsiAddress
{
    private const ulong Window = 0xFEE0_0000;
    private const ulong WindowMask = 0xFFF0_0000;
    private const ulong InterruptFormat = 1UL << 4;
    private const ulong ExtendedDestination = 0xFE0;
    private const int ExtendedDestinationShift = 40 - 5;

    /// <summary>
    /// The address for the kernel's routes and messages, of a machine for which <see cref="KvmVm.EnableX2ApicIds"/> was called.
    /// </summary>
    /// <param name="address">
    /// As the guest wrote it. Guest-controlled: what is not an interrupt message, or is in the format for interrupt remapping,
    /// which no guest of this platform has, comes back unchanged.
    /// </param>
    public static ulong ToKvm(ulong address)
    {
        if ((address & WindowMask) != Window || (address & InterruptFormat) != 0)
        {
            return address;
        }

        ulong extended = address & ExtendedDestination;
        return address & ~ExtendedDestination | extended << ExtendedDestinationShift;
    }
}
