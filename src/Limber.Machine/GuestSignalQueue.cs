using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Devices.Platform.MemoryHotplug;
using Limber.Devices.Platform.PciHotplug;
using Limber.Pci;

namespace Limber.Machine;

/// <summary>
/// What vCPU threads have to say to the machine's worker, in order and bounded: a guest that rings doorbells at full speed
/// fills the queue, and what does not fit is dropped and counted, except for facts (an eject, a reset, a power-off), which
/// are kept once each.
/// </summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf. The calls of vCPU threads allocate nothing.</remarks>
internal sealed class GuestSignalQueue : IGuestSignals
{
    private readonly object gate = new();
    private readonly GuestSignal[] ring;
    private readonly List<GuestSignal> facts = [];
    private readonly int factLimit;
    private int head;
    private int count;
    private bool resetRequested;
    private bool powerOffRequested;
    private string? failure;
    private bool wakeRequested;
    private long dropped;

    /// <param name="processors">Number of possible processors.</param>
    /// <param name="slots">Number of PCI slots.</param>
    /// <param name="dimmSlots">Number of DIMM slots.</param>
    public GuestSignalQueue(int processors, int slots, int dimmSlots = 0)
    {
        const int Sizes = 2;
        ring = new GuestSignal[(4 * (processors + slots + dimmSlots)) + 64];
        facts.Capacity = processors + (3 * slots) + dimmSlots + Sizes;
        factLimit = facts.Capacity;
    }

    /// <summary>Status reports that were dropped because the guest sent them faster than they could be handled.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <inheritdoc/>
    public void RequestReset()
    {
        lock (gate)
        {
            resetRequested = true;
            Monitor.Pulse(gate);
        }
    }

    /// <inheritdoc/>
    public void RequestPowerOff()
    {
        lock (gate)
        {
            powerOffRequested = true;
            Monitor.Pulse(gate);
        }
    }

    /// <inheritdoc/>
    public void ReportFailure(string description)
    {
        lock (gate)
        {
            failure ??= description;
            Monitor.Pulse(gate);
        }
    }

    /// <inheritdoc/>
    void ICpuHotplugHost.OnEjected(int index) => AddFact(new GuestSignal(GuestSignalKind.Ejected, index, 0, 0));

    /// <inheritdoc/>
    void ICpuHotplugHost.OnStatus(int index, uint sourceEvent, uint status) =>
        AddReport(new GuestSignal(GuestSignalKind.Status, index, sourceEvent, status));

    /// <inheritdoc/>
    void IPciHotplugHost.OnEjected(int slot) => AddFact(new GuestSignal(GuestSignalKind.DeviceEjected, slot, 0, 0));

    /// <inheritdoc/>
    void IPciHotplugHost.OnStatus(int slot, uint sourceEvent, uint status) =>
        AddReport(new GuestSignal(GuestSignalKind.DeviceStatus, slot, sourceEvent, status));

    /// <inheritdoc/>
    void IMemoryHotplugHost.OnEjected(int slot) => AddFact(new GuestSignal(GuestSignalKind.DimmEjected, slot, 0, 0));

    /// <inheritdoc/>
    void IMemoryHotplugHost.OnStatus(int slot, uint sourceEvent, uint status) =>
        AddReport(new GuestSignal(GuestSignalKind.DimmStatus, slot, sourceEvent, status));

    /// <summary>The guest uses more or less of some virtio-mem device.</summary>
    public void ReportMemorySize() => AddFact(new GuestSignal(GuestSignalKind.MemorySizeChanged, 0, 0, 0));

    /// <summary>The balloon has another size.</summary>
    public void ReportBalloon() => AddFact(new GuestSignal(GuestSignalKind.BalloonChanged, 0, 0, 0));

    /// <inheritdoc/>
    public void OnEnabled(PcieRootPort port) => AddFact(new GuestSignal(GuestSignalKind.DeviceEnabled, SlotOf(port), 0, 0));

    /// <inheritdoc/>
    public void OnReleased(PcieRootPort port) => AddFact(new GuestSignal(GuestSignalKind.DeviceReleased, SlotOf(port), 0, 0));

    /// <inheritdoc/>
    public void OnAttention(PcieRootPort port)
    {
        // The operation's deadline says it as well, and says it of guests that never complain.
    }

    /// <summary>Makes <see cref="Wait"/> return.</summary>
    public void Wake()
    {
        lock (gate)
        {
            wakeRequested = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Waits until there is something to take, <see cref="Wake"/> was called, or the time is over.</summary>
    /// <param name="timeout">At most this long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    public void Wait(TimeSpan timeout)
    {
        lock (gate)
        {
            if (count == 0 && facts.Count == 0 && !resetRequested && !powerOffRequested && failure is null && !wakeRequested)
            {
                Monitor.Wait(gate, timeout);
            }

            wakeRequested = false;
        }
    }

    /// <summary>Takes everything, in order; ends with a reset, power-off or failure if one was reported.</summary>
    public GuestSignalBatch Take()
    {
        lock (gate)
        {
            var hotplug = new List<GuestSignal>(count);
            while (count > 0)
            {
                hotplug.Add(ring[head]);
                head = (head + 1) % ring.Length;
                count--;
            }

            hotplug.AddRange(facts);
            facts.Clear();
            var batch = new GuestSignalBatch(hotplug, resetRequested, powerOffRequested, failure);
            resetRequested = false;
            powerOffRequested = false;
            failure = null;
            return batch;
        }
    }

    private static int SlotOf(PcieRootPort port) => PciHotplugController.BehindPort(port.Address?.Device ?? 0);

    private void AddFact(GuestSignal signal)
    {
        lock (gate)
        {
            // Invariant: no fact is in the list twice, so it never grows beyond what there is to say.
            if (!TryAdd(signal) && !facts.Contains(signal) && facts.Count < factLimit)
            {
                facts.Add(signal);
            }

            Monitor.Pulse(gate);
        }
    }

    private void AddReport(GuestSignal signal)
    {
        lock (gate)
        {
            if (!TryAdd(signal))
            {
                dropped++;
            }

            Monitor.Pulse(gate);
        }
    }

    private bool TryAdd(GuestSignal signal)
    {
        if (count == ring.Length)
        {
            return false;
        }

        ring[(head + count) % ring.Length] = signal;
        count++;
        return true;
    }
}
