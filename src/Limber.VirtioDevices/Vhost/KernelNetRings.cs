using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Limber.Device.Loop;
using Limber.Interop;
using Limber.Memory;
using Limber.Virtio;
using Limber.VirtioDevices.Net;

namespace Limber.VirtioDevices.Vhost;

/// <summary>The kernel's vhost-net as the server of a network device's rings, a descriptor for each pair.</summary>
public sealed unsafe class KernelNetRings : IRingBackend
{
    private const string Path = "/dev/vhost-net";
    private const int MaximumRegions = 64;
    private const int Unbind = -1;
    private readonly INetBackend net;
    private readonly ImmutableArray<FileDescriptor> pairs;
    private GuestMemory? memory;

    private KernelNetRings(INetBackend net, ImmutableArray<FileDescriptor> pairs, ulong features)
    {
        this.net = net;
        this.pairs = pairs;
        Features = features;
    }

    /// <inheritdoc/>
    public string Name => net.Name;

    /// <inheritdoc/>
    public ulong Features { get; }

    /// <inheritdoc/>
    public int? MaximumQueues => pairs.Length;

    /// <inheritdoc/>
    /// <remarks>vhost-net itself says nothing when somebody deletes the interface.</remarks>
    public FileDescriptor? LossDescriptor => net.LossDescriptor;

    /// <inheritdoc/>
    public LoopEvents LossEvents => LoopEvents.Readable;

    /// <summary>Whether the host seems to have vhost-net for this process; opening it says more.</summary>
    /// <remarks>Not opened for that: to close one again takes the kernel a grace period of RCU.</remarks>
    public static bool IsAvailable => Libc.faccessat(Libc.AT_FDCWD, Path, Libc.R_OK | Libc.W_OK, Libc.AT_EACCESS) == 0;

    /// <summary>Opens one for each pair of a tap; the tap stays the caller's and outlives this.</summary>
    /// <exception cref="HostException">The host has no vhost-net, or refuses.</exception>
    public static KernelNetRings Open(INetBackend net)
    {
        ArgumentNullException.ThrowIfNull(net);
        var opened = new List<FileDescriptor>();
        try
        {
            ulong features = 0;
            for (int i = 0; i < net.Pairs; i++)
            {
                int number = Libc.open(Path, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
                FileDescriptor fd = number >= 0 ? new FileDescriptor(number) : throw HostException.FromLastError($"cannot open {Path} for {net.Name}");
                opened.Add(fd);
                Call(fd, VhostRequests.VHOST_SET_OWNER, 0, net.Name);
                Call(fd, VhostRequests.VHOST_GET_FEATURES, (nint)(&features), net.Name);
            }

            return new KernelNetRings(net, [.. opened], features);
        }
        catch
        {
            opened.ForEach(fd => fd.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void CheckMemory(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        if (memory.Regions.Length > MaximumRegions)
        {
            throw new HostException($"guest memory of {memory.Regions.Length} regions exceeds the {MaximumRegions} of vhost-net", ErrorNumber.E2BIG);
        }
    }

    /// <inheritdoc/>
    public void SetFeatures(ulong features)
    {
        foreach (FileDescriptor pair in pairs)
        {
            Call(pair, VhostRequests.VHOST_SET_FEATURES, (nint)(&features), Name);
        }
    }

    /// <inheritdoc/>
    public void SetMemory(GuestMemory memory)
    {
        CheckMemory(memory);

        // struct vhost_memory: le32 count, le32 padding, then guest address, size, address here and padding of each region.
        ulong* table = stackalloc ulong[1 + (4 * MaximumRegions)];
        table[0] = (ulong)memory.Regions.Length;
        ulong* entry = table + 1;
        foreach (GuestMemoryRegion region in memory.Regions)
        {
            entry[0] = region.Range.Start.Value;
            entry[1] = region.Range.Length;
            entry[2] = (ulong)region.Mapping.Address;
            entry[3] = 0;
            entry += 4;
        }

        foreach (FileDescriptor pair in pairs)
        {
            Call(pair, VhostRequests.VHOST_SET_MEM_TABLE, (nint)table, Name);
        }

        this.memory = memory;
    }

    /// <inheritdoc/>
    public void StartRing(int index, in VirtqueueSettings settings, ushort first, HostEvent kick, HostEvent call)
    {
        ArgumentNullException.ThrowIfNull(kick);
        ArgumentNullException.ThrowIfNull(call);
        FileDescriptor fd = pairs[index / 2];
        uint ring = (uint)index % 2;
        SetPair(fd, VhostRequests.VHOST_SET_VRING_NUM, ring, settings.Size);
        SetPair(fd, VhostRequests.VHOST_SET_VRING_BASE, ring, first);
        ulong* address = stackalloc ulong[5];
        address[0] = ring;
        address[1] = ToHost(settings.Descriptors);
        address[2] = ToHost(settings.Device);
        address[3] = ToHost(settings.Driver);
        address[4] = 0;
        Call(fd, VhostRequests.VHOST_SET_VRING_ADDR, (nint)address, Name);
        SetPair(fd, VhostRequests.VHOST_SET_VRING_KICK, ring, kick.Descriptor.Number);
        SetPair(fd, VhostRequests.VHOST_SET_VRING_CALL, ring, call.Descriptor.Number);
        SetPair(fd, VhostRequests.VHOST_NET_SET_BACKEND, ring, net.GetReceiveDescriptor(index / 2).Number);
    }

    /// <inheritdoc/>
    public ushort StopRing(int index)
    {
        FileDescriptor fd = pairs[index / 2];
        uint ring = (uint)index % 2;
        SetPair(fd, VhostRequests.VHOST_NET_SET_BACKEND, ring, Unbind);
        uint* state = stackalloc uint[2];
        state[0] = ring;
        state[1] = 0;
        Call(fd, VhostRequests.VHOST_GET_VRING_BASE, (nint)state, Name);
        return unchecked((ushort)state[1]);
    }

    /// <inheritdoc/>
    public bool CheckLost() => net.CheckLost();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FileDescriptor pair in pairs)
        {
            pair.Dispose();
        }
    }

    // struct vhost_vring_state and struct vhost_vring_file have the same layout: the ring, then a number.
    private void SetPair(FileDescriptor fd, uint request, uint ring, int value)
    {
        int* pair = stackalloc int[2];
        pair[0] = (int)ring;
        pair[1] = value;
        Call(fd, request, (nint)pair, Name);
    }

    private static void Call(FileDescriptor fd, uint request, nint argument, string name)
    {
        if (Libc.ioctl(fd, request, argument) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            throw new HostException($"vhost-net refused request 0x{request:x} for {name}", error);
        }
    }

    private ulong ToHost(GuestAddress address) =>
        memory is not null && memory.TryTranslate(address, out nint host, out _)
            ? (ulong)host
            : throw new HostException($"the queue at {address} of {Name} is not in the guest's memory", ErrorNumber.EINVAL);
}
