using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using Limber.Acpi;
using Limber.Device;
using Limber.Memory;
using R = Limber.Devices.Platform.Hotplug.HotplugRegisters;

namespace Limber.Devices.Platform.Hotplug;

/// <summary>
/// Slots as the guest's ACPI sees them: which are occupied, which changed, and the doorbell by which the guest gives something back or
/// reports a status. See <see cref="HotplugRegisters"/> for the layout; a controller adds what its slots are for.
/// </summary>
/// <remarks>
/// The authoritative state is in <see cref="states"/>; the shared area is a copy for the guest to read without a VM exit.
/// Thread: any. Lock order: <see cref="gate"/> is a leaf; nobody is called while it is held.
/// </remarks>
public abstract class HotplugController : IIoDevice, IAmlContributor
{
    private readonly Lock gate = new();
    private readonly HotplugLayout layout;
    private readonly uint[] states;
    private readonly uint[] groupSequences;

    /// <param name="layout">The shared area's.</param>
    /// <param name="memory">Memory that contains the shared area.</param>
    /// <param name="areaStart">Guest address of the shared area, page aligned.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    private protected HotplugController(HotplugLayout layout, GuestMemory memory, GuestAddress areaStart, IDeviceLog log)
    {
        this.layout = layout;
        Log = log;
        Area = new SharedArea(memory, new GuestRange(areaStart, layout.AreaSize));
        states = new uint[layout.Slots];
        groupSequences = new uint[(layout.Slots + layout.GroupSize - 1) / layout.GroupSize];
    }

    /// <summary>What both sides share.</summary>
    private protected SharedArea Area { get; }

    /// <summary>Counts what the guest did wrong.</summary>
    private protected IDeviceLog Log { get; }

    /// <summary>
    /// Starts anew with the given slots occupied and nothing pending: when the machine is created and when it is reset. The words of the guest
    /// read as zeros, or are of a guest that has not run. No vCPU runs.
    /// </summary>
    public void Reset(IEnumerable<int> occupied)
    {
        ArgumentNullException.ThrowIfNull(occupied);
        lock (gate)
        {
            Array.Clear(states);
            Array.Clear(groupSequences);
            foreach (int slot in occupied)
            {
                states[slot] = R.StatePresent;
            }

            Area.Write(R.Version, layout.Version);
            Area.Write(R.SlotCount, (uint)states.Length);
            Area.Write(R.Signature, layout.Signature);
            for (int group = 0; group < groupSequences.Length; group++)
            {
                Area.Write(R.GroupSequence + (4 * (uint)group), 0);
                Area.Write(layout.GuestOffset + R.GroupAcknowledge + (4 * (uint)group), 0);
            }

            for (int slot = 0; slot < states.Length; slot++)
            {
                Area.Write(R.State + (4 * (uint)slot), states[slot]);

                // The guest has nothing to handle: what it finds at boot it enumerates by itself.
                Area.Write(RecordOf(slot) + R.RecordHandled, states[slot]);
            }
        }
    }

    /// <summary>Shows a slot to the guest as occupied and newly so. The caller then raises the event.</summary>
    public void Insert(int slot) => Change(slot, clear: R.StateRemove, set: R.StatePresent | R.StateInsert);

    /// <summary>Asks the guest to give back what is in a slot, again if it was asked before. The caller then raises the event.</summary>
    public void RequestRemoval(int slot) => Change(slot, clear: 0, set: R.StateRemove);

    /// <summary>Ends an insertion: the guest has answered it, or did not in time. A removal asked for meanwhile stays asked.</summary>
    public void EndInsert(int slot) => Settle(slot, R.StateInsert);

    /// <summary>Ends a request to give something back; an insertion that the guest has not answered stays as it is.</summary>
    public void EndRemoval(int slot) => Settle(slot, R.StateRemove);

    /// <summary>Shows a slot as empty without asking: what was in it is gone by another way, or the machine is being reset.</summary>
    public void Withdraw(int slot) => Settle(slot, R.StateFlags);

    /// <summary>Empties a slot whose insertion the guest has not read; false, with nothing changed, if it has.</summary>
    public bool TryWithdraw(int slot) => TrySettle(slot, R.StateFlags);

    /// <summary>Takes a request for removal back that the guest has not read; false, with nothing changed, if it has.</summary>
    public bool TryEndRemoval(int slot) => TrySettle(slot, R.StateRemove);

    /// <summary>True when the guest's ACPI has read the newest state of a slot.</summary>
    /// <remarks>Guest-controlled: it can lie, and then is taken at its word about its own doings.</remarks>
    public bool IsHandled(int slot)
    {
        lock (gate)
        {
            return ReadHandled(slot) == states[slot];
        }
    }

    /// <summary>True when what the guest's ACPI has read of a slot was an insertion: it can have an opinion on it.</summary>
    /// <remarks>Guest-controlled, as <see cref="IsHandled"/>.</remarks>
    public bool HasReadInsert(int slot) => (ReadHandled(slot) & R.StateInsert) != 0;

    /// <summary>True when what the guest's ACPI has read of a slot was a request to give back what is in it.</summary>
    /// <remarks>Guest-controlled, as <see cref="IsHandled"/>.</remarks>
    public bool HasReadRemoval(int slot) => (ReadHandled(slot) & R.StateRemove) != 0;

    /// <summary>True when the guest may use what is in the slot.</summary>
    public bool IsPresent(int slot)
    {
        lock (gate)
        {
            return (states[slot] & R.StatePresent) != 0;
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
    public abstract IEnumerable<AmlTerm> DescribeAml();

    /// <summary>Name under which the guest's oddities are counted.</summary>
    private protected abstract string Name { get; }

    /// <summary>The slot exists and can change.</summary>
    private protected virtual bool IsSlot(uint slot) => slot < (uint)states.Length;

    /// <summary>The guest may eject what is in the slot.</summary>
    private protected virtual bool CanEject(int slot) => true;

    /// <summary>The guest has ejected what was in a slot, which reads as empty already. Thread: the vCPU's.</summary>
    private protected abstract void OnEjected(int slot);

    /// <summary>The guest reported a status (<c>_OST</c>). Thread: the vCPU's.</summary>
    private protected abstract void OnStatus(int slot, uint sourceEvent, uint status);

    /// <summary>Sets flags of a slot without announcing it.</summary>
    private protected void Show(int slot, uint flags)
    {
        lock (gate)
        {
            Publish(slot, states[slot] | flags);
        }
    }

    /// <summary>Takes flags of a slot away without announcing it.</summary>
    private protected void Settle(int slot, uint clear)
    {
        lock (gate)
        {
            Publish(slot, states[slot] & ~clear);
        }
    }

    private uint RecordOf(int slot) => layout.GuestOffset + R.Record + (R.RecordSize * (uint)slot);

    private uint ReadHandled(int slot) => Area.Read(RecordOf(slot) + R.RecordHandled);

    private void Change(int slot, uint clear, uint set)
    {
        lock (gate)
        {
            // The state before the group's sequence: whoever sees the group changed sees the state.
            Publish(slot, unchecked((states[slot] & ~clear | set) + R.StateSequenceStep));
            int group = slot / layout.GroupSize;
            groupSequences[group] = unchecked(groupSequences[group] + 1);
            Area.Write(R.GroupSequence + (4 * (uint)group), groupSequences[group]);
        }
    }

    // The guest stores the state as handled before it acts on it; here the change is shown before that word is read. So either
    // the guest's doings are seen here, or whatever the guest asks from now on (_STA) is answered by the new state.
    private bool TrySettle(int slot, uint clear)
    {
        lock (gate)
        {
            uint before = states[slot];
            Publish(slot, before & ~clear);
            Interlocked.MemoryBarrier();
            if (ReadHandled(slot) != before)
            {
                return true;
            }

            Publish(slot, before);
            return false;
        }
    }

    private void Publish(int slot, uint state)
    {
        states[slot] = state;
        Area.Write(R.State + (4 * (uint)slot), state);
    }

    // Guest-controlled: the value, and when and how often it comes.
    private void Ring(uint value)
    {
        uint slot = value & R.DoorbellSlotMask;
        if (value > (R.DoorbellOst | R.DoorbellSlotMask) || slot >= (uint)states.Length || !IsSlot(slot))
        {
            Log.GuestError(Name, "doorbell for a slot that can't change");
            return;
        }

        if ((value & R.DoorbellOst) != 0)
        {
            uint record = RecordOf((int)slot);
            uint sourceEvent = Area.Read(record + R.RecordOstEvent);
            uint status = Area.Read(record + R.RecordOstStatus);
            OnStatus((int)slot, sourceEvent, status);
        }
        else if (TryEject((int)slot))
        {
            OnEjected((int)slot);
        }
        else
        {
            Log.GuestError(Name, "eject of an empty slot, or of one that stays");
        }
    }

    private bool TryEject(int slot)
    {
        lock (gate)
        {
            if (!CanEject(slot) || (states[slot] & R.StatePresent) == 0)
            {
                return false;
            }

            // Before the doorbell's write returns: the guest's next step is to read _STA.
            Publish(slot, states[slot] & ~R.StateFlags);
            return true;
        }
    }
}
