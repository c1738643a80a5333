using System;
using System.Diagnostics.CodeAnalysis;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Virtio;

/// <summary>
/// One queue of an active device: chains of guest memory come in by <see cref="TryPop"/> and go back, in any order, by
/// <see cref="Push"/>. From activation to reset; a queue that is enabled again is another object.
/// <code>
///             Start                 pause, reset                  last chain given back
///   stopped --------> running  --------------------> stopping  --------------------------> stopped
///                     TryPop works                   TryPop: nothing; Push works
/// </code>
/// </summary>
/// <remarks>
/// Guest-controlled: everything in the rings. What breaks the rules breaks the queue: it is counted, the device says
/// DEVICE_NEEDS_RESET and <see cref="TryPop"/> returns nothing from then on. Nothing throws because of the guest, and a request
/// allocates nothing once the pool has seen as many chains as are in flight at a time.
/// Thread: <see cref="Loop"/>'s, except for <see cref="Doorbell"/>.
/// </remarks>
public sealed class Virtqueue
{
    /// <summary>Largest queue (VIRTIO 1.2, 2.7 and 2.8.10.1).</summary>
    public const int MaximumSize = 32768;

    private readonly IVirtqueueOwner owner;
    private readonly GuestMemoryMap memory;
    private readonly VirtqueueRing ring;
    private DescriptorChain[] pool = new DescriptorChain[4];
    private DescriptorChain? last;
    private int pooled;
    private int budget = int.MaxValue;
    private bool draining;

    internal Virtqueue(
        int index, in VirtqueueSettings settings, ulong features, GuestMemoryMap memory, HostEvent doorbell, IVirtqueueOwner owner)
    {
        Index = index;
        Settings = settings;
        Doorbell = doorbell;
        this.memory = memory;
        this.owner = owner;
        bool indirect = (features & VirtioFeatures.IndirectDescriptors) != 0;
        bool eventIndex = (features & VirtioFeatures.EventIndex) != 0;
        IsPacked = (features & VirtioFeatures.RingPacked) != 0;
        ring = IsPacked ? new PackedRing(settings, indirect, eventIndex) : new SplitRing(settings, indirect, eventIndex);
    }

    /// <summary>Number of the queue in its device.</summary>
    public int Index { get; }

    /// <summary>Size and addresses, for back ends that process the rings themselves (vhost).</summary>
    public VirtqueueSettings Settings { get; }

    /// <summary>Entries.</summary>
    public int Size => Settings.Size;

    /// <summary>True for a packed ring.</summary>
    public bool IsPacked { get; }

    /// <summary>Signalled when the driver notifies; the device's base class waits for it unless the device has a back end for that.</summary>
    public HostEvent Doorbell { get; }

    /// <summary>Where everything about the queue runs.</summary>
    public DeviceLoop Loop => Runner?.Loop ?? throw new InvalidOperationException($"queue {Index} is not attached to a loop");

    /// <summary>True while <see cref="TryPop"/> may return something.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>True after the driver broke the rules in this queue.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Chains popped and not given back.</summary>
    public int InFlight { get; private set; }

    /// <summary>Of those, the ones that are held, see <see cref="Hold"/>.</summary>
    public int Held { get; private set; }

    /// <summary>True when <see cref="TryPop"/> returns nothing because the turn's share is taken; there may be more, and the base class comes back.</summary>
    public bool IsBudgetSpent => budget <= 0;

    internal QueueRunner? Runner { get; set; }

    private bool IsIdle => InFlight == Held;

    /// <summary>Takes the next chain; false when there is none, or the queue is stopped, broken, or out of turns (the base class comes back then).</summary>
    public bool TryPop([NotNullWhen(true)] out DescriptorChain? chain)
    {
        chain = null;
        if (!IsRunning || IsBroken || budget <= 0)
        {
            return false;
        }

        DescriptorChain candidate = pooled != 0 ? pool[--pooled] : new DescriptorChain(this);
        PopResult result = ring.TryPop(memory.Current, candidate);
        if (result != PopResult.Taken)
        {
            Return(candidate);
            if (result == PopResult.Broken)
            {
                Break(ring.Error);
            }

            return false;
        }

        budget--;
        InFlight++;
        candidate.IsOwned = true;
        last = candidate;
        chain = candidate;
        return true;
    }

    /// <summary>
    /// Gives a chain back to the driver. Visible at once; call <see cref="SignalUsed"/> when a batch is complete (the base class does
    /// after each turn of <see cref="VirtioDevice.ProcessQueue"/>).
    /// </summary>
    /// <param name="chain">From this queue; not touched any more.</param>
    /// <param name="written">Bytes written from the start of the writable segments.</param>
    /// <exception cref="InvalidOperationException">The chain was given back already, or is another queue's.</exception>
    public void Push(DescriptorChain chain, uint written)
    {
        Release(chain);
        if (!IsBroken)
        {
            ring.Push(chain.Id, chain.Entries, written, wroteAnything: written != 0);
        }

        Settle(chain);
    }

    /// <summary>
    /// What is pushed until <see cref="EndBatch"/> becomes visible to the driver all at once, as the buffers of one network frame must.
    /// </summary>
    public void BeginBatch() => ring.BeginBatch();

    /// <inheritdoc cref="BeginBatch"/>
    public void EndBatch() => ring.EndBatch();

    /// <summary>
    /// Undoes a <see cref="TryPop"/>: the chain, not touched any more, comes out again next time. For devices that found nothing to
    /// do with it, so that no request waits in the device while it waits for something else.
    /// </summary>
    /// <param name="chain">The last one popped that was not undone; those popped after it have been undone before.</param>
    public void Unpop(DescriptorChain chain)
    {
        Release(chain);
        ring.Unpop(chain.Entries);
        last = chain == last ? null : last;
        budget = budget == int.MaxValue ? budget : budget + 1;
        Settle(chain);
    }

    /// <summary>
    /// Forgets a chain that the driver is not going to get back: on reset of the queue or the device. Harmless for one that was given
    /// up already, because the device threw while it had it.
    /// </summary>
    public void Abandon(DescriptorChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        if (chain.IsOwned && chain.Queue == this)
        {
            Release(chain);
            Settle(chain);
        }
    }

    /// <summary>
    /// Declares that a chain waits for nothing but the device's wish to give it back, as the balloon's statistics buffer: stopping
    /// the queue does not wait for it. Its segments must not be touched any more; it is pushed later, or forgotten on reset.
    /// </summary>
    public void Hold(DescriptorChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        if (!chain.IsHeld)
        {
            chain.IsHeld = true;
            Held++;
            ReportDrained();
        }
    }

    /// <summary>Interrupts the guest if it wants that for what was pushed since the last call.</summary>
    public void SignalUsed()
    {
        if (!IsBroken && ring.NeedsInterrupt())
        {
            owner.OnInterrupt(this);
        }
    }

    /// <summary>
    /// Goes on where a back end that served the ring, and is gone, has left it: the requests that it took and did not complete
    /// come out of <see cref="TryPop"/> first. Split rings only; before the first <see cref="TryPop"/>.
    /// </summary>
    /// <returns>False when the ring makes no sense; the queue is broken then.</returns>
    public bool TakeOver()
    {
        if (ring.TakeOver() is { } error)
        {
            Break(error);
        }

        return !IsBroken;
    }

    /// <summary>
    /// Index behind the last entry that whoever serves the ring has completed, as the ring itself has it. Split rings only.
    /// </summary>
    /// <remarks>Guest-controlled: the driver can write there, too. Thread: the queue's loop, until StopQueue has called back.</remarks>
    public ushort UsedIndex => ring.UsedIndex;

    /// <summary>Asks for a turn of <see cref="VirtioDevice.ProcessQueue"/>, after it said <see cref="QueueWork.Waiting"/>.</summary>
    public void Schedule() => Runner?.Schedule();

    /// <summary>
    /// Asks the driver to notify from here on. For devices that pop outside of <see cref="VirtioDevice.ProcessQueue"/>.
    /// </summary>
    /// <returns>True when something is available already, perhaps without a notification: pop again.</returns>
    public bool EnableNotifications() => IsRunning && !IsBroken && ring.EnableNotifications();

    /// <summary>Lets the driver off notifying.</summary>
    public void DisableNotifications()
    {
        if (IsRunning && !IsBroken)
        {
            ring.DisableNotifications();
        }
    }

    /// <summary>For devices that find a request impossible by its form alone (a missing header): the device needs a reset.</summary>
    /// <param name="oddity">A constant text.</param>
    public void Break(string oddity)
    {
        if (!IsBroken)
        {
            IsBroken = true;
            owner.OnQueueBroken(this, oddity);
        }
    }

    /// <summary>Begins or goes on; looks the rings up in the memory map.</summary>
    internal bool Start()
    {
        if (!IsBroken && ring.Locate(memory.Current) is { } error)
        {
            Break(error);
        }

        draining = false;
        IsRunning = !IsBroken;
        return IsRunning;
    }

    /// <summary>No chain comes out any more.</summary>
    internal void Stop() => IsRunning = false;

    /// <summary>Calls <see cref="IVirtqueueOwner.OnDrained"/> once, now or when the last chain has come back.</summary>
    internal void Drain()
    {
        draining = true;
        ReportDrained();
    }

    /// <summary>The device threw while it worked on the chain popped last: nobody else has it.</summary>
    internal void AbandonLast()
    {
        if (last is { IsHeld: false })
        {
            Abandon(last);
        }
    }

    internal void SetBudget(int chains) => budget = chains;

    private void Release(DescriptorChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        if (!chain.IsOwned || chain.Queue != this)
        {
            throw new InvalidOperationException($"queue {Index} was given a chain that is not out, or not its own");
        }

        chain.IsOwned = false;
        InFlight--;
        if (chain.IsHeld)
        {
            chain.IsHeld = false;
            Held--;
        }
    }

    private void Settle(DescriptorChain chain)
    {
        Return(chain);
        ReportDrained();
    }

    private void ReportDrained()
    {
        if (draining && IsIdle)
        {
            draining = false;
            owner.OnDrained(this);
        }
    }

    private void Return(DescriptorChain chain)
    {
        if (pooled == pool.Length)
        {
            Array.Resize(ref pool, pool.Length * 2);
        }

        pool[pooled++] = chain;
    }
}
