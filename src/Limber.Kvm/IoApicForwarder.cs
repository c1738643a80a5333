using System.Threading;
using Limber.Device;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>
/// Sends edges of interrupt lines as messages when the guest has directed their IOAPIC pin to an APIC id above 255. Only
/// machines with such ids have one: there a rising edge costs one more request to the kernel.
/// </summary>
/// <remarks>Thread: any; one thread at a time for one line. Allocates nothing.</remarks>
internal sealed unsafe class IoApicForwarder
{
    private const uint IoApicChip = 2;

    private readonly KvmVm vm;
    private uint levels;

    public IoApicForwarder(KvmVm vm) => this.vm = vm;

    /// <summary>Notes the level of a line; true when the kernel's IOAPIC must not see the change.</summary>
    public bool TryForward(uint gsi, bool asserted)
    {
        if (gsi >= kvm_ioapic_state.KVM_IOAPIC_NUM_PINS)
        {
            return false;
        }

        uint pin = 1u << (int)gsi;
        if (!asserted)
        {
            Interlocked.And(ref levels, ~pin);
            return false;
        }

        // A line that was high already says nothing new. The kernel may not know that it is: it would see an edge.
        if ((Interlocked.Or(ref levels, pin) & pin) != 0)
        {
            return true;
        }

        IoApicRedirection redirection = Read(gsi);
        if (!redirection.IsEdgeToExtendedDestination)
        {
            return false;
        }

        Send(redirection.ToMessage());
        return true;
    }

    // Guest-controlled: the entry. It is read once, with both halves at one moment.
    private IoApicRedirection Read(uint pin)
    {
        kvm_irqchip chip = new() { chip_id = IoApicChip };
        if (vm.TryCall(KvmIoctl.KVM_GET_IRQCHIP, &chip) < 0)
        {
            return default;
        }

        // SAFETY: the state is part of the structure's 512 bytes, and the caller has checked the pin.
        return new IoApicRedirection(((kvm_ioapic_state*)chip.chip)->redirtbl[pin]);
    }

    // A destination that does not exist is the guest's own affair, as on hardware.
    private void Send(MsiMessage message)
    {
        ulong address = MsiAddress.ToKvm(message.Address);
        kvm_msi msi = new() { address_lo = unchecked((uint)address), address_hi = (uint)(address >> 32), data = message.Data };
        _ = vm.TryCall(KvmIoctl.KVM_SIGNAL_MSI, &msi);
    }
}
