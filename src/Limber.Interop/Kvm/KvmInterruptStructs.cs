// The structures of linux/kvm.h about interrupt routing and events, in their native spelling. Sizes and offsets are
// compared with what the C compiler says by Limber.Interop.Tests.
using System.Runtime.InteropServices;

namespace Limber.Interop.Kvm;

#pragma warning disable CA1051 // These are the kernel's structures: fields are the interface.

/// <summary>One route; the union holds the message's halves, or a chip and its pin.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_irq_routing_entry
{
    public const uint KVM_IRQ_ROUTING_IRQCHIP = 1;
    public const uint KVM_IRQ_ROUTING_MSI = 2;

    public uint gsi;
    public uint type;
    public uint flags;
    private uint pad;
    private fixed uint u[8];

    /// <summary>A pin of an interrupt controller.</summary>
    public static kvm_irq_routing_entry Pin(uint gsi, uint chip, uint pin)
    {
        kvm_irq_routing_entry entry = new() { gsi = gsi, type = KVM_IRQ_ROUTING_IRQCHIP };
        entry.u[0] = chip;
        entry.u[1] = pin;
        return entry;
    }

    /// <summary>A message.</summary>
    public static kvm_irq_routing_entry Message(uint gsi, ulong address, uint data)
    {
        kvm_irq_routing_entry entry = new() { gsi = gsi, type = KVM_IRQ_ROUTING_MSI };
        entry.u[0] = unchecked((uint)address);
        entry.u[1] = (uint)(address >> 32);
        entry.u[2] = data;
        return entry;
    }
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_irqfd
{
    public const uint KVM_IRQFD_FLAG_DEASSIGN = 1;
    public const uint KVM_IRQFD_FLAG_RESAMPLE = 2;

    public uint fd;
    public uint gsi;
    public uint flags;
    public uint resamplefd;
    private fixed byte pad[16];
}

[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_ioeventfd
{
    public const uint KVM_IOEVENTFD_FLAG_DATAMATCH = 1;
    public const uint KVM_IOEVENTFD_FLAG_PIO = 2;
    public const uint KVM_IOEVENTFD_FLAG_DEASSIGN = 4;

    public ulong datamatch;
    public ulong addr;
    public uint len;
    public int fd;
    public uint flags;
    private fixed byte pad[36];
}

/// <summary>A message that is sent once.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_msi
{
    public uint address_lo;
    public uint address_hi;
    public uint data;
    public uint flags;
    private fixed uint pad[4];
}

/// <summary>The IOAPIC within <see cref="kvm_irqchip"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_ioapic_state
{
    public const int KVM_IOAPIC_NUM_PINS = 24;

    public ulong base_address;
    public uint ioregsel;
    public uint id;
    public uint irr;
    private uint pad;
    public fixed ulong redirtbl[KVM_IOAPIC_NUM_PINS];
}

/// <summary>A capability to switch on, with its arguments.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct kvm_enable_cap
{
    public const ulong KVM_X2APIC_API_USE_32BIT_IDS = 1;
    public const ulong KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK = 2;

    public uint cap;
    public uint flags;
    public fixed ulong args[4];
    private fixed byte pad[64];
}

#pragma warning restore CA1051
