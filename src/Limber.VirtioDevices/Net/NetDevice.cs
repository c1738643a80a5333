using System;
using System.Collections.Generic;
using System.Threading;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Virtio;

namespace Limber.VirtioDevices.Net;

/// <summary>
/// A network device (VIRTIO 1.2, 5.1) whose frames this process moves between the guest's buffers and a back end.
/// <code>
///   queue   0  1  2  3  ...  2N
///           rx tx rx tx      control (at 2 when the driver does not use several pairs)
/// </code>
/// </summary>
/// <remarks>
/// A back end that fails takes the link down for good; the device and the VM live on. The link's state is
/// <see cref="SetLink"/> and the back end's health together.
/// Thread: public members any.
/// </remarks>
public sealed class NetDevice : VirtioDevice, INetCard, INetControlTarget
{
    private readonly Lock gate = new();
    private readonly NetReceiver[] receivers;
    private readonly NetTransmitter[] transmitters;
    private readonly NetControl control;
    private readonly Virtqueue?[] running;
    private readonly byte[] ownMac = new byte[6];
    private LoopSource? loss;
    private ulong features;
    private int controlIndex;
    private int activePairs = 1;
    private bool wantsLink = true;
    private bool failed;
    private bool linkIsUp;

    /// <param name="context">Surroundings.</param>
    /// <param name="backend">The host side, owned from here on unless this throws; null for a card without a cable.</param>
    /// <param name="options">What the device offers.</param>
    /// <exception cref="ArgumentException">An option is out of bounds.</exception>
    public NetDevice(VirtioDeviceContext context, INetBackend? backend, NetDeviceOptions options)
        : base(
            VirtioDeviceType.Network,
            context,
            QueueSizes(context, backend, options),
            NetConfig.Features(options, backend?.Pairs ?? 1, backend?.SupportedOffloads ?? default),
            NetConfig.Create(options, backend?.Pairs ?? 1, backend is not null))
    {
        Backend = backend;
        linkIsUp = backend is not null;
        int pairs = backend?.Pairs ?? 1;
        receivers = new NetReceiver[pairs];
        transmitters = new NetTransmitter[pairs];
        for (int i = 0; i < pairs; i++)
        {
            receivers[i] = new NetReceiver(this, i, options);
            transmitters[i] = new NetTransmitter(this, i, options);
        }

        options.Mac.CopyTo(ownMac);
        control = new NetControl(this);
        running = new Virtqueue?[Registers.QueueCount];
    }

    /// <summary>The back end is gone or refuses: the link is down from here on. Raised once.</summary>
    /// <remarks>Thread: a loop's.</remarks>
    public event Action<NetDevice, HostException>? BackendFailed;

    /// <inheritdoc/>
    public bool IsLinkUp => Volatile.Read(ref linkIsUp);

    /// <summary>Pairs of queues that are in use, as the driver asked.</summary>
    public int ActivePairs => Volatile.Read(ref activePairs);

    internal INetBackend? Backend { get; }

    /// <inheritdoc/>
    public void SetLink(bool up)
    {
        lock (gate)
        {
            wantsLink = up;
        }

        UpdateLink();
    }

    void INetControlTarget.CountOddity(string oddity) => CountOddity(oddity);

    bool INetControlTarget.TrySetActivePairs(int count) => TrySetActivePairs(count);

    void INetControlTarget.SetMac(ReadOnlySpan<byte> mac) => SetMac(mac);

    void INetControlTarget.SetOffloads(ulong guestFeatures) => SetOffloads(guestFeatures);

    internal void CountOddity(string oddity) => Log.GuestError(Id, oddity);

    internal uint FramesReceived(int pair) => receivers[pair].Delivered;

    internal bool CanTransfer(int pair) => IsLinkUp && pair < ActivePairs;

    internal void OnBackendError(int pair, int error)
    {
        // A queue that was just put out of use reports errors as well.
        if (pair >= ActivePairs)
        {
            return;
        }

        lock (gate)
        {
            if (failed)
            {
                return;
            }

            failed = true;
        }

        UpdateLink();
        BackendFailed?.Invoke(this, new HostException($"the back end {Backend?.Name} of {Id} failed", error));
    }

    internal bool TrySetActivePairs(int count)
    {
        if (count < 1 || count > receivers.Length)
        {
            return false;
        }

        // Those that are put out of use report errors from then on, so this says first that they are; the others must work first.
        if (count < ActivePairs)
        {
            Volatile.Write(ref activePairs, count);
        }

        Backend?.SetActivePairs(count);
        Volatile.Write(ref activePairs, count);
        ScheduleAll();
        return true;
    }

    internal void SetMac(ReadOnlySpan<byte> mac) => Config.Write(NetConfig.MacOffset, mac);

    internal void SetOffloads(ulong guestFeatures) => Backend?.SetOffloads(NetFeatures.ToOffloads(guestFeatures));

    /// <inheritdoc/>
    protected override bool AcceptsFeatures(ulong features) => NetFeatures.AreConsistent(features);

    /// <inheritdoc/>
    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        this.features = features;
        bool several = (features & NetFeatures.MultiQueue) != 0;
        controlIndex = (features & NetFeatures.ControlQueue) == 0 ? -1 : several ? 2 * receivers.Length : 2;
        SetOffloads(features);
        if (Backend?.LossDescriptor is { } descriptor)
        {
            loss = ControlLoop.Add(descriptor, LoopEvents.Readable, _ => CheckLost(), this);
        }

        if (receivers.Length > 1)
        {
            // Spec: VIRTIO 1.2 5.1.6.5.6: one pair until the driver asks for more.
            _ = TrySetActivePairs(1);
        }
    }

    /// <inheritdoc/>
    protected override void Deactivate(Action deactivated)
    {
        ArgumentNullException.ThrowIfNull(deactivated);
        StopWatching();
        SetMac(ownMac);
        deactivated();
    }

    /// <inheritdoc/>
    protected override void StartQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        int index = queue.Index;
        Volatile.Write(ref running[index], queue);
        if (!IsTransfer(index))
        {
            return;
        }

        if (index % 2 == 0)
        {
            receivers[index / 2].Start(queue, features);
        }
        else
        {
            transmitters[index / 2].Start(queue);
        }
    }

    /// <inheritdoc/>
    protected override void StopQueue(Virtqueue queue, QueueStopReason reason, Action stopped)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(stopped);
        int index = queue.Index;
        Volatile.Write(ref running[index], null);
        if (IsTransfer(index))
        {
            if (index % 2 == 0)
            {
                receivers[index / 2].Stop();
            }
            else
            {
                transmitters[index / 2].Stop();
            }
        }

        stopped();
    }

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        int index = queue.Index;
        if (index == controlIndex)
        {
            return control.Process(queue, features);
        }

        if (!IsTransfer(index))
        {
            // The last queue of a device whose driver uses none for control, or uses another one.
            return QueueWork.Waiting;
        }

        return index % 2 == 0 ? receivers[index / 2].Process() : transmitters[index / 2].Process();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Backend?.Dispose();

    private static int[] QueueSizes(VirtioDeviceContext context, INetBackend? backend, NetDeviceOptions options)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        NetConfig.Check(context.Id, options);
        int[] sizes = new int[(2 * (backend?.Pairs ?? 1)) + 1];
        Array.Fill(sizes, options.QueueSize);
        return sizes;
    }

    private void CheckLost()
    {
        if (Backend!.CheckLost())
        {
            StopWatching();
            OnBackendError(0, NetErrors.EBADFD);
        }
    }

    private void StopWatching()
    {
        loss?.Dispose();
        loss = null;
    }

    private bool IsTransfer(int index) => index != controlIndex && index < 2 * receivers.Length;

    private void UpdateLink()
    {
        bool changed;
        lock (gate)
        {
            bool up = wantsLink && !failed && Backend is not null;
            changed = up != linkIsUp;
            Volatile.Write(ref linkIsUp, up);
            if (changed)
            {
                Config.WriteUInt16(NetConfig.StatusOffset, up ? NetConfig.LinkUp : (ushort)0);
            }
        }

        if (changed)
        {
            NotifyConfigChanged();
            ScheduleAll();
        }
    }

    /// <summary>Lets every queue look at the state again.</summary>
    private void ScheduleAll()
    {
        for (int i = 0; i < running.Length; i++)
        {
            if (Volatile.Read(ref running[i]) is { } queue)
            {
                _ = queue.Loop.Post(queue.Schedule, this);
            }
        }
    }
}
