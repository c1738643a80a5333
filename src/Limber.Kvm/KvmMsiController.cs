using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device;
using Limber.Interop;
using Limber.Interop.Kvm;

namespace Limber.Kvm;

/// <summary>
/// Message-signalled interrupts by the kernel's routing table: each vector has an event and a global system interrupt number
/// (GSI) above the pins of the interrupt controllers.
/// </summary>
/// <remarks>
/// The kernel replaces the table as a whole, so the table is kept here and written whenever a route changes. A vector that is
/// masked keeps its route: masking and unmasking with the same message costs no write of the table.
/// Thread: any. Lock order: <see cref="gate"/> is a leaf.
/// </remarks>
public sealed unsafe class KvmMsiController : IMsiController
{
    private const uint PinCount = 24;
    private const uint LegacyPinCount = 16;
    private const uint PinsPerPic = 8;
    private const uint IoApicChip = 2;

    private readonly Lock gate = new();
    private readonly KvmVm vm;
    private readonly uint limit;
    private readonly Stack<uint> free = new();

    // Invariant: entries[0, PinRoutes) are the pins; behind them the routed vectors, in no order, entries[slots[gsi]] for each.
    private readonly List<kvm_irq_routing_entry> entries = [];
    private readonly Dictionary<uint, int> slots = [];
    private uint next = PinCount;
    private ulong[] table = new ulong[64];

    internal KvmMsiController(KvmVm vm, int maximumRoutes)
    {
        this.vm = vm;
        limit = (uint)maximumRoutes;
        for (uint pin = 0; pin < PinCount; pin++)
        {
            // The kernel's own default: a legacy interrupt reaches both a 8259 and the IOAPIC.
            if (pin < LegacyPinCount)
            {
                entries.Add(kvm_irq_routing_entry.Pin(pin, pin / PinsPerPic, pin % PinsPerPic));
            }

            entries.Add(kvm_irq_routing_entry.Pin(pin, IoApicChip, pin));
        }
    }

    /// <inheritdoc/>
    public IMsiVector Allocate()
    {
        uint gsi;
        lock (gate)
        {
            if (!free.TryPop(out gsi))
            {
                gsi = next < limit ? next++ : throw new HostException($"all {limit} interrupt routes of the host's KVM are in use", ErrorNumber.ENOSPC);
            }
        }

        try
        {
            return new KvmMsiVector(this, gsi);
        }
        catch
        {
            Release(gsi);
            throw;
        }
    }

    /// <summary>Makes a GSI mean a message; false when the kernel refuses, with the earlier route in force.</summary>
    internal bool TryRoute(uint gsi, MsiMessage message)
    {
        ulong address = vm.HasX2ApicIds ? MsiAddress.ToKvm(message.Address) : message.Address;
        kvm_irq_routing_entry entry = kvm_irq_routing_entry.Message(gsi, address, message.Data);
        lock (gate)
        {
            bool known = slots.TryGetValue(gsi, out int slot);
            kvm_irq_routing_entry previous = known ? entries[slot] : default;
            if (known)
            {
                entries[slot] = entry;
            }
            else
            {
                slots[gsi] = entries.Count;
                entries.Add(entry);
            }

            if (WriteTable())
            {
                return true;
            }

            if (known)
            {
                entries[slot] = previous;
            }
            else
            {
                entries.RemoveAt(slots[gsi]);
                slots.Remove(gsi);
            }

            return false;
        }
    }

    /// <summary>Connects an event with a GSI, or disconnects it; false when the kernel refuses.</summary>
    internal bool TryConnect(uint gsi, HostEvent e, bool connect)
    {
        kvm_irqfd request = new()
        {
            fd = (uint)e.Descriptor.Number,
            gsi = gsi,
            flags = connect ? 0 : kvm_irqfd.KVM_IRQFD_FLAG_DEASSIGN,
        };
        return vm.TryCall(KvmIoctl.KVM_IRQFD, &request) >= 0;
    }

    internal void Release(uint gsi)
    {
        lock (gate)
        {
            if (slots.Remove(gsi, out int slot))
            {
                // The last entry fills the gap. The kernel's table keeps the dead route until the next write: no event leads to it.
                kvm_irq_routing_entry last = entries[^1];
                entries.RemoveAt(entries.Count - 1);
                if (slot < entries.Count)
                {
                    entries[slot] = last;
                    slots[last.gsi] = slot;
                }
            }

            free.Push(gsi);
        }
    }

    private bool WriteTable()
    {
        // struct kvm_irq_routing: number, flags, entries.
        int words = 1 + (entries.Count * sizeof(kvm_irq_routing_entry) / sizeof(ulong));
        if (table.Length < words)
        {
            table = new ulong[words * 2];
        }

        fixed (ulong* start = table)
        {
            *start = (uint)entries.Count;
            var target = (kvm_irq_routing_entry*)(start + 1);
            for (int i = 0; i < entries.Count; i++)
            {
                target[i] = entries[i];
            }

            return vm.TryCall(KvmIoctl.KVM_SET_GSI_ROUTING, start) >= 0;
        }
    }
}
