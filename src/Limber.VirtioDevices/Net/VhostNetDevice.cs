using System;
using System.Collections.Generic;
using Limber.Net;
using Limber.Virtio;
using Limber.VirtioDevices.Vhost;

namespace Limber.VirtioDevices.Net;

/// <summary>
/// A network device whose frames the kernel (vhost-net) or another process (vhost-user) moves; this process serves the control
/// queue. Queues as in <see cref="NetDevice"/>.
/// </summary>
/// <remarks>
/// Pulling the cable stops the rings: what the guest has announced waits. A back end that is gone pulls the cable, and one that
/// comes back plugs it in again. Rate limits of the options do not apply here.
/// Thread: public members any.
/// </remarks>
public sealed class VhostNetDevice : HandOverDevice, INetCard, INetControlTarget
{
    private const TapOffloads All = TapOffloads.Checksum | TapOffloads.Tcp4 | TapOffloads.Tcp6 | TapOffloads.TcpEcn | TapOffloads.Udp;

    // What this process does for the device, whoever moves the frames.
    private const ulong OwnFeatures = NetFeatures.Mac | NetFeatures.Status | NetFeatures.Mtu | NetFeatures.ControlQueue
        | NetFeatures.ControlReceive | NetFeatures.ControlReceiveExtra | NetFeatures.ControlMac | NetFeatures.MultiQueue;

    private readonly INetBackend? tap;
    private readonly int pairs;
    private readonly NetControl control;
    private readonly byte[] ownMac = new byte[6];
    private ulong features;
    private int controlIndex = -1;
    private int activePairs = 1;
    private bool cableIsIn = true;
    private bool isConnected = true;
    private volatile bool linkIsUp = true;

    /// <summary>With the kernel's vhost-net between the guest and a tap.</summary>
    /// <param name="context">Surroundings.</param>
    /// <param name="rings">vhost-net of the tap; owned from here on unless this throws.</param>
    /// <param name="tap">Likewise.</param>
    /// <param name="options">What the device offers.</param>
    /// <exception cref="ArgumentException">An option is out of bounds.</exception>
    public VhostNetDevice(VirtioDeviceContext context, KernelNetRings rings, INetBackend tap, NetDeviceOptions options)
        : this(context, rings, tap, options, tap?.Pairs ?? throw new ArgumentNullException(nameof(tap)), KernelFeatures(rings, tap, options))
    {
    }

    /// <summary>With a vhost-user back end.</summary>
    /// <param name="context">Surroundings.</param>
    /// <param name="rings">The connection; owned from here on unless this throws.</param>
    /// <param name="options">What the device offers, as far as the back end can do it.</param>
    /// <param name="pairs">Pairs of queues.</param>
    /// <exception cref="ArgumentException">An option is out of bounds, or the back end has fewer queues.</exception>
    /// <exception cref="VhostUser.VhostUserException">The guest's memory is not shared.</exception>
    public VhostNetDevice(VirtioDeviceContext context, VhostUserRings rings, NetDeviceOptions options, int pairs = 1)
        : this(context, rings, null, options, pairs, UserFeatures(rings, options, pairs))
    {
    }

    private VhostNetDevice(
        VirtioDeviceContext context, IRingBackend rings, INetBackend? tap, NetDeviceOptions options, int pairs, ulong features)
        : base(
            VirtioDeviceType.Network,
            context,
            rings,
            QueueSizes(context, rings, options, pairs),
            features,
            NetConfig.Create(options, pairs, linkUp: true))
    {
        this.tap = tap;
        this.pairs = pairs;
        options.Mac.CopyTo(ownMac);
        control = new NetControl(this);
    }

    /// <inheritdoc/>
    public bool IsLinkUp => linkIsUp;

    /// <summary>Pairs of queues that are in use, as the driver asked.</summary>
    public int ActivePairs => activePairs;

    /// <inheritdoc/>
    protected override int OwnQueue => controlIndex;

    /// <inheritdoc/>
    public void SetLink(bool up) => _ = ControlLoop.Post(
        () =>
        {
            cableIsIn = up;
            ShowLink();
        },
        this);

    void INetControlTarget.CountOddity(string oddity) => Log.GuestError(Id, oddity);

    bool INetControlTarget.TrySetActivePairs(int count)
    {
        if (count < 1 || count > pairs)
        {
            return false;
        }

        Use(count);
        return true;
    }

    void INetControlTarget.SetMac(ReadOnlySpan<byte> mac) => Config.Write(NetConfig.MacOffset, mac);

    void INetControlTarget.SetOffloads(ulong guestFeatures) => tap?.SetOffloads(NetFeatures.ToOffloads(guestFeatures));

    /// <inheritdoc/>
    protected override bool AcceptsFeatures(ulong features) => NetFeatures.AreConsistent(features);

    /// <inheritdoc/>
    protected override bool ShouldServe(int queue) => linkIsUp && queue / 2 < activePairs;

    /// <inheritdoc/>
    protected override void Activate(ulong features, IReadOnlyList<Virtqueue?> queues)
    {
        this.features = features;
        bool several = (features & NetFeatures.MultiQueue) != 0;
        controlIndex = (features & NetFeatures.ControlQueue) == 0 ? -1 : several ? 2 * pairs : 2;
        base.Activate(features, queues);
        tap?.SetOffloads(NetFeatures.ToOffloads(features));
        Use(1);
    }

    /// <inheritdoc/>
    protected override void Deactivate(Action deactivated)
    {
        Config.Write(NetConfig.MacOffset, ownMac);
        base.Deactivate(deactivated);
    }

    /// <inheritdoc/>
    protected override void OnBackendLost()
    {
        // Drivers know a pulled cable.
        isConnected = false;
        linkIsUp = false;
        Config.WriteUInt16(NetConfig.StatusOffset, 0);
    }

    /// <inheritdoc/>
    protected override void OnBackendBack()
    {
        isConnected = true;
        ShowLink();
    }

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue) => control.Process(queue, features);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        tap?.Dispose();
    }

    private static ulong KernelFeatures(KernelNetRings rings, INetBackend tap, NetDeviceOptions options)
    {
        ArgumentNullException.ThrowIfNull(rings);
        ArgumentNullException.ThrowIfNull(options);

        // Offloads are between the guest and the tap; vhost-net passes them on.
        ulong features = NetConfig.Features(options, tap.Pairs, tap.SupportedOffloads);
        return features & (rings.Features | ~NetFeatures.MergeableReceiveBuffers);
    }

    private static ulong UserFeatures(VhostUserRings rings, NetDeviceOptions options, int pairs)
    {
        ArgumentNullException.ThrowIfNull(rings);
        ArgumentNullException.ThrowIfNull(options);
        if (rings.MaximumQueues < pairs)
        {
            throw new ArgumentException($"the back end {rings.Name} has {rings.MaximumQueues} pairs of queues, not {pairs}");
        }

        rings.SetMtu(options.Mtu);

        // The offloads of a running back end can't be switched.
        return NetFeatures.KeepConsistent(
            NetConfig.Features(options, pairs, All) & (rings.Features | OwnFeatures) & ~NetFeatures.ControlGuestOffloads);
    }

    private static int[] QueueSizes(VirtioDeviceContext context, IRingBackend rings, NetDeviceOptions options, int pairs)
    {
        ArgumentNullException.ThrowIfNull(context);
        NetConfig.Check(context.Id, options);
        if (pairs is < 1 or > TapInterface.MaximumQueues)
        {
            throw new ArgumentException($"{pairs} pairs of queues of {context.Id} with {rings.Name} are not in 1..{TapInterface.MaximumQueues}");
        }

        int[] sizes = new int[(2 * pairs) + 1];
        Array.Fill(sizes, options.QueueSize);
        return sizes;
    }

    private void ShowLink()
    {
        bool up = cableIsIn && isConnected;
        if (linkIsUp != up)
        {
            linkIsUp = up;
            Config.WriteUInt16(NetConfig.StatusOffset, up ? NetConfig.LinkUp : (ushort)0);
            UpdateRings();
            NotifyConfigChanged();
        }
    }

    private void Use(int count)
    {
        if (pairs == 1)
        {
            return;
        }

        if (count >= activePairs)
        {
            tap?.SetActivePairs(count);
        }

        bool fewer = count < activePairs;
        activePairs = count;
        UpdateRings();
        if (fewer)
        {
            tap?.SetActivePairs(count);
        }
    }
}
