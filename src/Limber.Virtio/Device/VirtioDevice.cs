using System;
using System.Collections.Generic;
using System.Numerics;
using System.Threading;
using Limber.Device;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Virtio;

/// <summary>
/// A virtio device without its transport. The base class negotiates, runs the queues and keeps the order of things; a device type
/// overrides what happens in between:
/// <code>
///              control loop              each queue's loop              each queue's loop         control loop
///   DRIVER_OK ------------->  Activate  ------------------> StartQueue
///                                                           ProcessQueue, again and again
///   reset ------------------------------------------------------------>  StopQueue  ------------>  Deactivate
///   queue reset, pause ----------------------------------------------->  StopQueue
///   queue enabled again, resume -------------------------->  StartQueue  (queue reset: with another queue object)
/// </code>
/// </summary>
/// <remarks>
/// A queue counts as stopped when StopQueue has called back and no chain of it is in flight, except those that are held.
/// Only then does the driver see a reset complete, or <see cref="Pause"/> return: no thread of the device, and no I/O it started,
/// touches guest memory any more. Memory may be taken away from the guest only while its devices are paused.
/// Devices whose rings others process (vhost) override <see cref="UsesLoopForRings"/>, start the back end in StartQueue with
/// the queue's settings, doorbell and <see cref="GetInterruptEvent"/>, and call back from StopQueue when it has stopped.
/// Exceptions from any of these methods fail the device: DEVICE_NEEDS_RESET, <see cref="Faulted"/>; nothing else of the VMM suffers.
/// Thread: public members any but vCPUs' where they wait; protected ones as written at each.
/// </remarks>
public abstract class VirtioDevice : ILoopOwner, IDisposable
{
    private readonly VirtioDeviceContext context;
    private readonly VirtioLifecycle lifecycle;
    private IVirtioTransport? transport;
    private Exception? fault;
    private bool disposed;

    /// <param name="type">Device type.</param>
    /// <param name="context">Surroundings.</param>
    /// <param name="queueSizes">Largest size of each queue, powers of two up to 32768; 256 is usual.</param>
    /// <param name="features">Feature bits of the device type; ring features come from the context.</param>
    /// <param name="config">Device-specific configuration.</param>
    /// <exception cref="ArgumentException">The parameters contradict the specification.</exception>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    protected VirtioDevice(
        VirtioDeviceType type, VirtioDeviceContext context, ReadOnlySpan<int> queueSizes, ulong features, VirtioConfigSpace config)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(config);
        foreach (int size in queueSizes)
        {
            if (size is < 1 or > Virtqueue.MaximumSize || !BitOperations.IsPow2(size))
            {
                throw new ArgumentException($"queue size {size} of {context.Id} is not a power of two in 1..{Virtqueue.MaximumSize}");
            }
        }

        if ((features & VirtioFeatures.Reserved & ~VirtioFeatures.InOrder) != 0)
        {
            throw new ArgumentException($"features 0x{features:x} of {context.Id} include bits that are not the device type's");
        }

        Type = type;
        this.context = context;
        Config = config;
        lifecycle = new VirtioLifecycle(this, context.Loops, queueSizes.Length);
        ulong offered = features | VirtioFeatures.Version1 | (context.RingFeatures & VirtioFeatures.AllRing);
        Registers = new VirtioRegisters(this, lifecycle, offered, queueSizes);
    }

    /// <summary>A callback of the device threw; it works again after a reset, if at all.</summary>
    /// <remarks>Thread: a loop's. Raised for the first fault after each reset.</remarks>
    public event Action<VirtioDevice, Exception>? Faulted;

    /// <summary>Device type.</summary>
    public VirtioDeviceType Type { get; }

    /// <summary>Name for messages and counters.</summary>
    public string Id => context.Id;

    /// <summary>What the transport shows to the driver.</summary>
    public VirtioRegisters Registers { get; }

    /// <summary>The guest's RAM; take Current once for one piece of work.</summary>
    protected GuestMemoryMap Memory => context.Memory;

    /// <summary>Counts what the guest does wrong, under <see cref="Id"/>.</summary>
    protected IDeviceLog Log => context.Log;

    /// <summary>Where Activate and Deactivate run, and the device's own timers and descriptors belong.</summary>
    protected DeviceLoop ControlLoop => context.Loops[0];

    /// <summary>Device-specific configuration; change it by its Write methods, then call <see cref="NotifyConfigChanged"/>.</summary>
    protected internal VirtioConfigSpace Config { get; }

    /// <summary>Most chains of one queue that are handled before other queues and devices of the loop have their turn.</summary>
    protected internal virtual int ChainsPerTurn => 128;

    /// <summary>False for a device whose rings others process: then the base class listens to no doorbell and ProcessQueue is not called.</summary>
    protected internal virtual bool UsesLoopForRings => true;

    /// <summary>Connects the way to the driver. Called by the transport before the guest can see the device.</summary>
    public void Connect(IVirtioTransport to) => Volatile.Write(ref transport, to);

    /// <summary>Returns to the power-on state and waits until it is reached.</summary>
    public void Reset() => Registers.Reset();

    /// <summary>Begins a reset and returns; <see cref="Reset"/> waits for it. Thread: any, also vCPUs'.</summary>
    public void RequestReset() => Registers.RequestReset();

    /// <summary>
    /// The transport has another event for a queue, or none: a device with a back end hears of it in
    /// <see cref="InterruptEventChanged"/>, once for any number of changes that follow each other. Thread: any.
    /// </summary>
    public void NotifyInterruptEventChanged(int queue)
    {
        if (!UsesLoopForRings)
        {
            lifecycle.RequestEventChange(queue);
        }
    }

    /// <summary>
    /// Finishes what is in flight and takes nothing new; returns when no thread of the device touches guest memory.
    /// Pauses of several parties add up: the device goes on when each has called <see cref="Resume"/>.
    /// Thread: never a vCPU's or a loop's.
    /// </summary>
    public void Pause()
    {
        using var paused = new ManualResetEventSlim();
        if (RequestPause(paused.Set))
        {
            paused.Wait();
        }
    }

    /// <summary>Begins a pause and returns; <see cref="Pause"/> waits for it. Thread: any.</summary>
    /// <param name="paused">Called once, on the control loop, when the pause is reached.</param>
    /// <returns>False when the device's loop has ended: nothing of the device runs, and nobody is called.</returns>
    public bool RequestPause(Action paused) => lifecycle.RequestPause(paused);

    /// <summary>Takes back one <see cref="Pause"/>; after the last, rings are looked up in the memory map anew.</summary>
    public void Resume() => lifecycle.RequestResume();

    /// <summary>A callback threw. Called by the loops.</summary>
    public void OnLoopFault(Exception exception)
    {
        bool first = Interlocked.CompareExchange(ref fault, exception, null) is null;
        ShowNeedsReset();
        lifecycle.BreakAll();
        if (first)
        {
            Faulted?.Invoke(this, exception);
        }
    }

    /// <summary>Resets, waits, and lets go of everything. The guest can't reach the device any more; its loops still run.</summary>
    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            Reset();
            Dispose(disposing: true);
            Registers.DisposeDoorbells();
            GC.SuppressFinalize(this);
        }
    }

    internal void InterruptEventChangedFromLifecycle(Virtqueue queue) => InterruptEventChanged(queue);

    internal void CountOddity(string oddity) => context.Log.GuestError(Id, oddity);

    internal bool CanAccept(ulong features) => AcceptsFeatures(features);

    internal bool TryReadConfig(ulong offset, Span<byte> data) => Config.TryRead(offset, data);

    internal bool TryWriteConfig(ulong offset, ReadOnlySpan<byte> data)
    {
        if (!Config.TryWriteByDriver(offset, data))
        {
            return false;
        }

        OnConfigWritten((int)offset, data.Length);
        return true;
    }

    internal void OnQueueBroken(string oddity)
    {
        CountOddity(oddity);
        ShowNeedsReset();
    }

    internal void InterruptQueue(int queue) => Volatile.Read(ref transport)?.InterruptQueue(queue);

    internal Virtqueue CreateQueue(int index, in VirtqueueSettings settings, ulong features, IVirtqueueOwner owner) =>
        new(index, settings, features, Memory, Registers.GetDoorbell(index), owner);

    internal void ActivateFromLifecycle(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        fault = null;
        Activate(features, queues);
    }

    internal void DeactivateFromLifecycle(Action done) => Deactivate(done);

    internal void StartQueueFromRunner(Virtqueue queue) => StartQueue(queue);

    internal void StopQueueFromRunner(Virtqueue queue, QueueStopReason reason, Action stopped) => StopQueue(queue, reason, stopped);

    internal QueueWork ProcessQueueFromRunner(Virtqueue queue) => ProcessQueue(queue);

    /// <summary>Whether the device works with these features, which are among the offered ones.</summary>
    /// <remarks>Thread: a vCPU's, under the register lock: decides by the value alone and calls nobody.</remarks>
    protected virtual bool AcceptsFeatures(ulong features) => true;

    /// <summary>The driver wrote into the writable part of the configuration.</summary>
    /// <remarks>Thread: a vCPU's; doesn't wait or allocate.</remarks>
    protected virtual void OnConfigWritten(int offset, int length) { }

    /// <summary>The driver is ready. Queues it did not enable are null. Nothing is popped yet.</summary>
    /// <remarks>Thread: the control loop's.</remarks>
    protected virtual void Activate(ulong features, IReadOnlyList<Virtqueue?> queues) { }

    /// <summary>All queues have stopped; the device ends what else it does for the driver and calls back, from any thread.</summary>
    /// <remarks>Thread: the control loop's.</remarks>
    protected virtual void Deactivate(Action deactivated) => deactivated();

    /// <summary>The queue runs from here on: for the first time, after a pause, or after it was reset.</summary>
    /// <remarks>Thread: the queue's loop.</remarks>
    protected virtual void StartQueue(Virtqueue queue) { }

    /// <summary>
    /// The queue gives out no chains any more. The device completes or abandons those it has, now or later, and calls back once,
    /// from any thread, when it starts nothing more with the queue. A reset may follow a pause: then it is called for both.
    /// </summary>
    /// <remarks>Thread: the queue's loop.</remarks>
    protected virtual void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped) => stopped();

    /// <summary>
    /// The driver may have made something available: pop, work, push. When it throws, the chain popped last is given up; so
    /// handing a chain to the kernel or another thread is the last thing done with it.
    /// </summary>
    /// <remarks>Thread: the queue's loop. Allocates nothing.</remarks>
    protected abstract QueueWork ProcessQueue(Virtqueue queue);

    /// <summary>Tells the driver that the configuration changed, if it is there to hear it.</summary>
    protected void NotifyConfigChanged()
    {
        if ((Registers.Status & VirtioStatus.DriverOk) != 0)
        {
            Volatile.Read(ref transport)?.InterruptConfig();
        }
    }

    /// <summary>For back ends: the event that interrupts the guest for a queue, or null; see <see cref="IVirtioTransport"/>.</summary>
    protected HostEvent? GetInterruptEvent(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return Volatile.Read(ref transport)?.GetQueueEvent(queue.Index);
    }

    /// <summary>Interrupts the guest for a queue, for back ends whose signals the VMM forwards. Thread: any.</summary>
    protected void Interrupt(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        InterruptQueue(queue.Index);
    }

    /// <summary>The device can't go on before a reset: the guest broke the rules of the device type. Thread: any.</summary>
    /// <param name="oddity">A constant text.</param>
    protected void Fail(string oddity) => OnQueueBroken(oddity);

    /// <summary>Something failed that the driver learns of by the answers to its requests: <see cref="Faulted"/>, and no more. Thread: a loop's.</summary>
    protected void ReportFault(Exception reason)
    {
        if (Interlocked.CompareExchange(ref fault, reason, null) is null)
        {
            Faulted?.Invoke(this, reason);
        }
    }

    /// <summary>What was reported by <see cref="ReportFault"/> is over: the next fault is reported again. Thread: a loop's.</summary>
    protected void ForgetFault() => fault = null;

    /// <summary>What <see cref="GetInterruptEvent"/> returns for a running queue has changed; only for devices with a back end.</summary>
    /// <remarks>Thread: the queue's loop.</remarks>
    protected virtual void InterruptEventChanged(Virtqueue queue) { }

    /// <summary>
    /// Gives back what this class has opened. For a device type's constructor that can't do its part, before it throws: nobody gets
    /// the device to dispose of it.
    /// </summary>
    protected void Abandon()
    {
        disposed = true;
        Registers.DisposeDoorbells();
    }

    /// <summary>Lets go of the device's own resources. Called once, after the device was reset.</summary>
    protected virtual void Dispose(bool disposing) { }

    private void ShowNeedsReset()
    {
        if (Registers.SetNeedsReset())
        {
            Volatile.Read(ref transport)?.InterruptConfig();
        }
    }
}
