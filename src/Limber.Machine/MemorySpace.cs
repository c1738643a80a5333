using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Limber.Config;
using Limber.Control;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;
using Limber.Vfio;
using Limber.VhostUser;
using Limber.VirtioDevices.Vhost;

namespace Limber.Machine;

/// <summary>
/// The guest-physical addresses that memory devices have, and the memory map, which grows and shrinks with them:
/// <code>
///   comes   map has it -> vhost back ends have it -> the guest reaches it -> the guest is told
///   goes    the guest let go -> it does not reach it -> the map has it no more -> devices finish what they began -> pages are unmapped
/// </code>
/// </summary>
/// <remarks>
/// Thread: any; <see cref="Add"/> and <see cref="Remove"/> without the control lock, since devices are waited for.
/// Lock order: <see cref="gate"/> is a leaf.
/// </remarks>
internal sealed class MemorySpace
{
    // A back end that has not answered by then is failing its device by itself.
    private static readonly TimeSpan BackendPatience = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly GuestMemoryMap map;
    private readonly GuestRange area;
    private readonly ulong limit;
    private readonly List<GuestRange> reserved = [];
    private int pinning;
    private int discarding;

    /// <param name="map">The guest's RAM.</param>
    /// <param name="mappings">Shows pages to the guest.</param>
    /// <param name="area">Where memory devices go.</param>
    /// <param name="limit">Bytes that they may have in all.</param>
    public MemorySpace(GuestMemoryMap map, IGuestMappings mappings, GuestRange area, ulong limit)
    {
        this.map = map;
        Mappings = mappings;
        this.area = area;
        this.limit = limit;
    }

    /// <summary>Shows pages to the guest.</summary>
    public IGuestMappings Mappings { get; }

    /// <summary>All devices that may touch guest memory, also those that are being taken apart. Takes the control lock.</summary>
    public Func<IReadOnlyList<DeviceParts>> ListDevices { get; set; } = () => [];

    /// <summary>Functions of the host pin all memory from here on, until <see cref="Unpin"/>.</summary>
    /// <exception cref="VmException">InvalidDevice: there is a virtio-mem device.</exception>
    public void Pin() => Count(ref pinning, discarding, "functions of the host can't be passed through beside a virtio-mem device, which gives single pages back to the host");

    /// <summary>Undoes one <see cref="Pin"/>.</summary>
    public void Unpin() => Interlocked.Decrement(ref pinning);

    /// <summary>A virtio-mem device gives pages back from here on, until <see cref="EndDiscarding"/>.</summary>
    /// <exception cref="VmException">InvalidDevice: there are functions of the host.</exception>
    public void BeginDiscarding() => Count(ref discarding, pinning, "a virtio-mem device gives single pages back to the host, which can't be beside passed-through functions of the host");

    /// <summary>Undoes one <see cref="BeginDiscarding"/>.</summary>
    public void EndDiscarding() => Interlocked.Decrement(ref discarding);

    /// <summary>Takes addresses for a memory device.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="alignment">Of the address, a power of two.</param>
    /// <param name="address">Where; null for the lowest gap.</param>
    /// <exception cref="VmException">HotplugNotSupported, NoMemorySpace, InvalidDevice.</exception>
    public GuestRange Reserve(ulong size, ulong alignment, ulong? address)
    {
        lock (gate)
        {
            if (area.Length == 0)
            {
                throw new VmException(
                    VmErrorCode.HotplugNotSupported,
                    "the machine is not prepared for memory devices: its maximum memory size is its boot memory");
            }

            ulong used = 0;
            reserved.ForEach(r => used += r.Length);
            if (size > limit - used)
            {
                throw new VmException(
                    VmErrorCode.NoMemorySpace,
                    $"not enough space, currently 0x{used:x} in use of total space for memory devices 0x{limit:x}");
            }

            GuestRange range = address is { } wanted ? CheckPlace(wanted, size, alignment) : FindGap(size, alignment);
            reserved.Add(range);
            reserved.Sort((a, b) => a.Start.CompareTo(b.Start));
            return range;
        }
    }

    /// <summary>Gives addresses back.</summary>
    public void Release(GuestRange range)
    {
        lock (gate)
        {
            reserved.Remove(range);
        }
    }

    /// <summary>Puts pages into the memory map and hands them to back ends in other processes. The guest can't reach them yet.</summary>
    /// <exception cref="VmException">HostFailure: a back end can't take them; nothing has changed.</exception>
    public void Add(GuestMemoryRegion region)
    {
        List<HandOverDevice> devices = [.. ListDevices().Select(d => d.Device).OfType<HandOverDevice>()];
        lock (gate)
        {
            ImmutableArray<GuestMemoryRegion> regions = [.. map.Current.Regions.Append(region).OrderBy(r => r.Range.Start)];
            var next = new GuestMemory(regions);
            try
            {
                devices.ForEach(d => d.CheckMemory(next));
            }
            catch (Exception e) when (e is HostException or VhostUserException)
            {
                throw new VmException(VmErrorCode.HostFailure, e.Message, e);
            }

            try
            {
                map.Replace(next);
            }
            catch (VfioException e)
            {
                throw new VmException(VmErrorCode.HostFailure, e.Message, e);
            }
        }

        HandOver(devices);
    }

    /// <summary>
    /// Takes pages out of the memory map and returns when nobody uses them. The guest can't reach them any more.
    /// </summary>
    public void Remove(GuestMemoryRegion region)
    {
        lock (gate)
        {
            map.Replace(new GuestMemory([.. map.Current.Regions.Where(r => r != region)]));
        }

        // Whoever begins to use memory from here on takes the new map; whoever began before is waited for.
        IReadOnlyList<DeviceParts> parts = ListDevices();
        foreach (DeviceParts device in parts)
        {
            device.Quiesce();
        }

        HandOver([.. parts.Select(d => d.Device).OfType<HandOverDevice>()]);
    }

    private void Count(ref int mine, int others, string refusal)
    {
        lock (gate)
        {
            _ = others == 0 ? Interlocked.Increment(ref mine) : throw new VmException(VmErrorCode.InvalidDevice, refusal);
        }
    }

    private static void HandOver(List<HandOverDevice> devices)
    {
        if (devices.Count == 0)
        {
            return;
        }

        // Not disposed: a device that answers too late still counts down.
        var missing = new CountdownEvent(devices.Count);
        devices.ForEach(d => d.UpdateMemory(() => missing.Signal()));
        _ = missing.Wait(BackendPatience);
    }

    private GuestRange CheckPlace(ulong address, ulong size, ulong alignment)
    {
        if (address % alignment != 0)
        {
            throw new VmException(VmErrorCode.InvalidDevice, $"address 0x{address:x} is not a multiple of 0x{alignment:x}");
        }

        if (address < area.Start.Value || address - area.Start.Value >= area.Length || size > area.End.Value - address)
        {
            throw new VmException(
                VmErrorCode.InvalidDevice,
                $"0x{size:x} bytes at address 0x{address:x} are not inside of the area for memory devices, 0x{area.Start.Value:x} to 0x{area.End.Value - 1:x}");
        }

        var range = new GuestRange(new GuestAddress(address), size);
        return reserved.Find(range.Overlaps) is { Length: not 0 } other
            ? throw new VmException(
                VmErrorCode.InvalidDevice, $"0x{size:x} bytes at address 0x{address:x} overlap the memory device at {other.Start}")
            : range;
    }

    private GuestRange FindGap(ulong size, ulong alignment)
    {
        GuestAddress place = area.Start.AlignUp(alignment);
        foreach (GuestRange other in reserved)
        {
            if (other.Start >= place && other.Start - place >= size)
            {
                break;
            }

            place = (place > other.End ? place : other.End).AlignUp(alignment);
        }

        return place < area.End && area.End - place >= size
            ? new GuestRange(place, size)
            : throw new VmException(
                VmErrorCode.NoMemorySpace, $"could not find position in guest address space for memory device - no gap of 0x{size:x} bytes");
    }
}
