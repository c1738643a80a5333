using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Limber.Acpi;
using Limber.Device;
using Limber.Memory;
using R = Limber.Devices.Platform.PciHotplug.PciHotplugRegisters;

namespace Limber.Devices.Platform.PciHotplug;

/// <summary>
/// PCI hotplug by ACPI as the guest sees it: which slots are occupied, which ones changed, and the doorbell by which the
/// guest gives a device back or reports a status. See <see cref="PciHotplugRegisters"/> for the layout.
/// </summary>
/// <remarks>
/// The authoritative state is in <see cref="states"/>; the shared area is a copy for the guest to read without a VM exit.
/// Thread: any. Lock order: <see cref="gate"/> is a leaf; nobody is called while it is held.
/// </remarks>
public sealed class PciHotplugController : IIoDevice, IAmlContributor
{
    /// <summary>Path of the AML method by which the guest finds out what changed; the event device calls it.</summary>
    public const string ScanMethod = PciHotplugAml.ScanMethod;

    /// <summary>Size of the shared area, in bytes.</summary>
    public const ulong AreaSize = R.AreaSize;

    private const string Name = "pci-hotplug";

    private readonly Lock gate = new();
    private readonly ImmutableArray<int> slots;
    private readonly SharedArea area;
    private readonly ushort doorbellPort;
    private readonly IPciHotplugHost host;
    private readonly IDeviceLog log;
    private readonly uint[] states = new uint[R.Slots];
    private uint sequence;

    /// <param name="slots">
    /// The slots that can change: device numbers of the root bus, and <see cref="BehindPort"/> of those that are PCIe ports.
    /// </param>
    /// <param name="memory">Memory that contains the shared area.</param>
    /// <param name="areaStart">Guest address of the shared area, page aligned; <see cref="AreaSize"/> bytes.</param>
    /// <param name="doorbellPort">Port that the guest writes, as the DSDT tells it; 4 bytes.</param>
    /// <param name="host">Is told what the guest did.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public PciHotplugController(
        IEnumerable<int> slots,
        GuestMemory memory,
        GuestAddress areaStart,
        ushort doorbellPort,
        IPciHotplugHost host,
        IDeviceLog log)
    {
        this.slots = [.. slots.Order()];
        foreach (int slot in this.slots)
        {
            bool sharesItsDevice = slot < R.RootSlots && this.slots.Contains(BehindPort(slot));
            if (slot is < 0 or >= R.Slots || sharesItsDevice)
            {
                throw new ArgumentException($"PCI slot {slot} is not in 0..{R.Slots - 1}, or a port and its slot are both there", nameof(slots));
            }
        }

        this.doorbellPort = doorbellPort;
        this.host = host;
        this.log = log;
        area = new SharedArea(memory, new GuestRange(areaStart, AreaSize));
    }

    /// <summary>Slot number of the slot of a PCIe port, by the port's device number on the root bus.</summary>
    public static int BehindPort(int device) => R.RootSlots + device;

    /// <summary>
    /// Starts anew with the given slots occupied and nothing pending, in memory that reads as zeros: when the machine
    /// is created and when it is reset. No vCPU runs.
    /// </summary>
    public void Reset(IEnumerable<int> occupied)
    {
        ArgumentNullException.ThrowIfNull(occupied);
        lock (gate)
        {
            Array.Clear(states);
            foreach (int slot in occupied)
            {
                states[slot] = R.StateOccupied;
            }

            area.Write(R.Version, R.VersionValue);
            area.Write(R.SlotCount, R.Slots);
            area.Write(R.Signature, R.SignatureValue);
            area.Write(R.Sequence, sequence);

            // The guest has nothing to handle: what it finds at boot it enumerates by itself.
            area.Write(R.GuestOffset + R.Acknowledge, sequence);
            for (int slot = 0; slot < states.Length; slot++)
            {
                area.Write(R.State + (4 * (uint)slot), states[slot]);
                area.Write(HandledOffset(slot), states[slot]);
            }
        }
    }

    /// <summary>Shows a slot to the guest as occupied and newly so. The caller then raises the event.</summary>
    public void Insert(int slot) => Change(slot, clear: R.StateRemove, set: R.StateOccupied | R.StateInsert);

    /// <summary>
    /// Shows the slot of a PCIe port as occupied when the port itself announces the device. Without it an eject of the slot
    /// is not believed.
    /// </summary>
    public void Occupy(int slot) => Settle(slot, clear: 0, set: R.StateOccupied);

    /// <summary>Asks the guest to give a device back, again if it was asked before. The caller then raises the event.</summary>
    public void RequestRemoval(int slot) => Change(slot, clear: 0, set: R.StateRemove);

    /// <summary>Ends a request: the guest has answered it, or it was withdrawn. Nothing is announced.</summary>
    public void ClearRequests(int slot) => Settle(slot, clear: R.StateInsert | R.StateRemove, set: 0);

    /// <summary>Shows a slot as empty without asking: the device is gone by another way.</summary>
    public void Withdraw(int slot) => Settle(slot, clear: R.StateFlags, set: 0);

    /// <summary>True when the guest's ACPI has read the newest state of a slot.</summary>
    /// <remarks>Guest-controlled: it can lie, and then is taken at its word about its own doings.</remarks>
    public bool IsHandled(int slot)
    {
        lock (gate)
        {
            return area.Read(HandledOffset(slot)) == states[slot];
        }
    }

    /// <summary>True when the guest may use what is in the slot.</summary>
    public bool IsOccupied(int slot)
    {
        lock (gate)
        {
            return (states[slot] & R.StateOccupied) != 0;
        }
    }

    /// <summary>The doorbell can't be read: all ones, as from an empty bus.</summary>
    public IoStatus Read(ulong offset, Span<byte> data) => offset == 0 ? IoStatus.Ok : IoStatus.InvalidRegister;

    /// <summary>The doorbell.</summary>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset != 0)
        {
            return IoStatus.InvalidRegister;
        }

        if (data.Length != sizeof(uint))
        {
            return IoStatus.InvalidWidth;
        }

        Ring(BinaryPrimitives.ReadUInt32LittleEndian(data));
        return IoStatus.Ok;
    }

    /// <inheritdoc/>
    public IEnumerable<AmlTerm> DescribeAml() => PciHotplugAml.Describe(slots, area.Range.Start, doorbellPort);

    private static uint HandledOffset(int slot) =>
        R.GuestOffset + R.Record + (R.RecordSize * (uint)slot) + R.RecordHandled;

    private void Change(int slot, uint clear, uint set)
    {
        lock (gate)
        {
            // The state before the sequence: whoever sees that something changed sees the state.
            Publish(slot, unchecked((states[slot] & ~clear | set) + R.StateSequenceStep));
            sequence = unchecked(sequence + 1);
            area.Write(R.Sequence, sequence);
        }
    }

    private void Settle(int slot, uint clear, uint set)
    {
        lock (gate)
        {
            Publish(slot, (states[slot] & ~clear) | set);
        }
    }

    private void Publish(int slot, uint state)
    {
        states[slot] = state;
        area.Write(R.State + (4 * (uint)slot), state);
    }

    // Guest-controlled: the value, and when and how often it comes.
    private void Ring(uint value)
    {
        uint slot = value & R.DoorbellSlotMask;
        if (slot >= R.Slots || value > (R.DoorbellOst | R.DoorbellSlotMask) || !slots.Contains((int)slot))
        {
            log.GuestError(Name, "doorbell for a slot that can't change");
            return;
        }

        if ((value & R.DoorbellOst) != 0)
        {
            uint record = R.GuestOffset + R.Record + (R.RecordSize * slot);
            uint sourceEvent = area.Read(record + R.RecordOstEvent);
            uint status = area.Read(record + R.RecordOstStatus);
            host.OnStatus((int)slot, sourceEvent, status);
        }
        else
        {
            Eject((int)slot);
        }
    }

    private void Eject(int slot)
    {
        bool believed;
        lock (gate)
        {
            believed = (states[slot] & R.StateOccupied) != 0;
            if (believed)
            {
                // Before the doorbell's write returns: the guest may read _STA next.
                Publish(slot, states[slot] & ~R.StateFlags);
            }
        }

        if (believed)
        {
            host.OnEjected(slot);
        }
        else
        {
            log.GuestError(Name, "eject of an empty slot");
        }
    }
}
