using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Threading;
using Limber.Acpi;
using Limber.Device;
using Limber.Memory;

namespace Limber.Devices.Platform.CpuHotplug;

/// <summary>
/// Processor hotplug as the guest sees it: which processors are there, which ones changed, and the doorbell by which
/// the guest gives one back or reports a status. See <see cref="CpuHotplugRegisters"/> for the layout.
/// </summary>
/// <remarks>
/// The authoritative state is in <see cref="states"/>; the shared area is a copy for the guest to read without a VM exit.
/// Thread: any. Lock order: <see cref="gate"/> is a leaf; nobody is called while it is held.
/// </remarks>
public sealed class CpuHotplugController : IIoDevice, IAmlContributor
{
    /// <summary>Path of the AML method by which the guest finds out what changed; the event device calls it.</summary>
    public const string ScanMethod = CpuHotplugAml.ScanMethod;

    /// <summary>The most processors that the shared area's layout has room for.</summary>
    public const int MaximumProcessors = CpuHotplugRegisters.MaximumProcessors;

    private const string Name = "cpu-hotplug";

    private readonly Lock gate = new();
    private readonly ImmutableArray<uint> apicIds;
    private readonly SharedArea area;
    private readonly ushort doorbellPort;
    private readonly ICpuHotplugHost host;
    private readonly IDeviceLog log;
    private readonly uint guestOffset;
    private readonly uint[] states;
    private readonly uint[] groupSequences;

    /// <param name="apicIds">APIC ids of all possible processors by index; the first is the boot processor.</param>
    /// <param name="memory">Memory that contains the shared area.</param>
    /// <param name="areaStart">Guest address of the shared area, page aligned; <see cref="GetAreaSize"/> bytes.</param>
    /// <param name="doorbellPort">Port that the guest writes, as the DSDT tells it.</param>
    /// <param name="host">Is told what the guest did.</param>
    /// <param name="log">Counts what the guest did wrong.</param>
    public CpuHotplugController(
        ImmutableArray<uint> apicIds,
        GuestMemory memory,
        GuestAddress areaStart,
        ushort doorbellPort,
        ICpuHotplugHost host,
        IDeviceLog log)
    {
        if (apicIds.Length is 0 or > CpuHotplugRegisters.MaximumProcessors)
        {
            throw new ArgumentOutOfRangeException(
                nameof(apicIds), $"{apicIds.Length} processors are not in 1..{CpuHotplugRegisters.MaximumProcessors}");
        }

        this.apicIds = apicIds;
        this.doorbellPort = doorbellPort;
        this.host = host;
        this.log = log;
        guestOffset = CpuHotplugRegisters.GetGuestOffset(apicIds.Length);
        area = new SharedArea(memory, new GuestRange(areaStart, GetAreaSize(apicIds.Length)));
        states = new uint[apicIds.Length];
        groupSequences = new uint[(apicIds.Length + CpuHotplugRegisters.GroupSize - 1) / CpuHotplugRegisters.GroupSize];
    }

    /// <summary>The NUMA node of every possible processor by index, as the DSDT tells it; empty without NUMA.</summary>
    public ImmutableArray<uint> ProximityDomains { get; init; } = [];

    /// <summary>Size of the shared area for a number of possible processors, in bytes.</summary>
    public static ulong GetAreaSize(int processors) => CpuHotplugRegisters.GetAreaSize(processors);

    /// <summary>
    /// Starts anew with the given processors enabled and nothing pending, in memory that reads as zeros: when the machine
    /// is created and when it is reset. No vCPU runs.
    /// </summary>
    public void Reset(IEnumerable<int> enabled)
    {
        ArgumentNullException.ThrowIfNull(enabled);
        lock (gate)
        {
            Array.Clear(states);
            Array.Clear(groupSequences);
            foreach (int index in enabled)
            {
                states[index] = CpuHotplugRegisters.StateEnabled;
            }

            area.Write(CpuHotplugRegisters.Version, CpuHotplugRegisters.VersionValue);
            area.Write(CpuHotplugRegisters.ProcessorCount, (uint)states.Length);
            area.Write(CpuHotplugRegisters.Signature, CpuHotplugRegisters.SignatureValue);
            for (int i = 0; i < states.Length; i++)
            {
                area.Write(CpuHotplugRegisters.State + (4 * (uint)i), states[i]);

                // The guest has nothing to handle: what it finds at boot it enumerates by itself.
                area.Write(HandledOffset(i), states[i]);
            }
        }
    }

    /// <summary>Shows a processor to the guest as present and newly inserted. The caller then raises the event.</summary>
    public void Insert(int index) => Change(index, clear: CpuHotplugRegisters.StateRemove, set: CpuHotplugRegisters.StateEnabled | CpuHotplugRegisters.StateInsert);

    /// <summary>Asks the guest to give a processor back, again if it was asked before. The caller then raises the event.</summary>
    public void RequestRemoval(int index) => Change(index, clear: 0, set: CpuHotplugRegisters.StateRemove);

    /// <summary>Ends an insertion: the guest has answered it, or did not in time. A removal asked for meanwhile stays asked.</summary>
    public void EndInsert(int index) => Settle(index, CpuHotplugRegisters.StateInsert);

    /// <summary>Ends a request to give a processor back; an insertion that the guest has not answered stays as it is.</summary>
    public void EndRemoval(int index) => Settle(index, CpuHotplugRegisters.StateRemove);

    /// <summary>Takes a processor away without asking: it never ran, or the machine is being reset.</summary>
    public void Withdraw(int index) => Settle(index, CpuHotplugRegisters.StateFlags);

    /// <summary>Takes a processor away that the guest has not heard of; false, with nothing changed, if it has.</summary>
    public bool TryWithdraw(int index) => TrySettle(index, CpuHotplugRegisters.StateFlags);

    /// <summary>Takes a request for removal back that the guest has not read; false, with nothing changed, if it has.</summary>
    public bool TryEndRemoval(int index) => TrySettle(index, CpuHotplugRegisters.StateRemove);

    /// <summary>True when the guest's ACPI has read the newest state of a processor.</summary>
    /// <remarks>Guest-controlled: it can lie, and then is taken at its word about its own doings.</remarks>
    public bool IsHandled(int index)
    {
        lock (gate)
        {
            return area.Read(HandledOffset(index)) == states[index];
        }
    }

    /// <summary>True when what the guest's ACPI has read of a processor was an insertion: it can have an opinion on it.</summary>
    /// <remarks>Guest-controlled, as <see cref="IsHandled"/>.</remarks>
    public bool HasReadInsert(int index) => (area.Read(HandledOffset(index)) & CpuHotplugRegisters.StateInsert) != 0;

    /// <summary>True when what the guest's ACPI has read of a processor was a request to give it back.</summary>
    /// <remarks>Guest-controlled, as <see cref="IsHandled"/>.</remarks>
    public bool HasReadRemoval(int index) => (area.Read(HandledOffset(index)) & CpuHotplugRegisters.StateRemove) != 0;

    /// <summary>True when the guest may use the processor.</summary>
    public bool IsEnabled(int index)
    {
        lock (gate)
        {
            return (states[index] & CpuHotplugRegisters.StateEnabled) != 0;
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
    public IEnumerable<AmlTerm> DescribeAml() => CpuHotplugAml.Describe(apicIds, ProximityDomains, area.Range.Start, doorbellPort);

    private uint HandledOffset(int index) =>
        guestOffset + CpuHotplugRegisters.Record + (CpuHotplugRegisters.RecordSize * (uint)index) + CpuHotplugRegisters.RecordHandled;

    private void Change(int index, uint clear, uint set)
    {
        lock (gate)
        {
            // The state before the group's sequence: whoever sees the group changed sees the state.
            Publish(index, unchecked((states[index] & ~clear | set) + CpuHotplugRegisters.StateSequenceStep));
            int group = index / CpuHotplugRegisters.GroupSize;
            groupSequences[group] = unchecked(groupSequences[group] + 1);
            area.Write(CpuHotplugRegisters.GroupSequence + (4 * (uint)group), groupSequences[group]);
        }
    }

    private void Settle(int index, uint clear)
    {
        lock (gate)
        {
            Publish(index, states[index] & ~clear);
        }
    }

    // The guest stores the state as handled before it acts on it; here the change is shown before that word is read. So either
    // the guest's doings are seen here, or whatever the guest asks from now on (_STA) is answered by the new state.
    private bool TrySettle(int index, uint clear)
    {
        lock (gate)
        {
            uint before = states[index];
            Publish(index, before & ~clear);
            Interlocked.MemoryBarrier();
            if (area.Read(HandledOffset(index)) != before)
            {
                return true;
            }

            Publish(index, before);
            return false;
        }
    }

    private void Publish(int index, uint state)
    {
        states[index] = state;
        area.Write(CpuHotplugRegisters.State + (4 * (uint)index), state);
    }

    // Guest-controlled: the value, and when and how often it comes.
    private void Ring(uint value)
    {
        uint index = value & CpuHotplugRegisters.DoorbellIndexMask;
        if (index >= (uint)states.Length || value > (CpuHotplugRegisters.DoorbellOst | CpuHotplugRegisters.DoorbellIndexMask))
        {
            log.GuestError(Name, "doorbell for a processor that can't exist");
            return;
        }

        if ((value & CpuHotplugRegisters.DoorbellOst) != 0)
        {
            ReportStatus((int)index);
        }
        else
        {
            Eject((int)index);
        }
    }

    private void ReportStatus(int index)
    {
        uint record = guestOffset + CpuHotplugRegisters.Record + (CpuHotplugRegisters.RecordSize * (uint)index);
        uint sourceEvent = area.Read(record + CpuHotplugRegisters.RecordOstEvent);
        uint status = area.Read(record + CpuHotplugRegisters.RecordOstStatus);
        host.OnStatus(index, sourceEvent, status);
    }

    private void Eject(int index)
    {
        lock (gate)
        {
            if (index == 0 || (states[index] & CpuHotplugRegisters.StateEnabled) == 0)
            {
                index = -1;
            }
            else
            {
                // Before the doorbell's write returns: the guest's next step is to read _STA.
                Publish(index, states[index] & ~CpuHotplugRegisters.StateFlags);
            }
        }

        if (index < 0)
        {
            log.GuestError(Name, "eject of the boot processor or of an empty slot");
        }
        else
        {
            host.OnEjected(index);
        }
    }
}
