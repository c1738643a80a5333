using System;
using System.Threading;
using Limber.Memory;
using R = Limber.Virtio.Mem.VirtioMemRegisters;

namespace Limber.Virtio.Mem;

/// <summary>
/// A memory device (VIRTIO 1.2, 5.15): memory of which the guest uses as much as it is asked to, in blocks that it chooses.
/// <code>
///   host                         guest
///   RequestedSize = n   -------> plugs or unplugs blocks, one request each, until the plugged size is n
///   block bitmap, memory &lt;----- PLUG, UNPLUG, UNPLUG_ALL, STATE
///   PluggedSizeChanged
/// </code>
/// </summary>
/// <remarks>
/// A guest that does not promise to leave unplugged memory alone (UNPLUGGED_INACCESSIBLE) is not served. Blocks outlive a reset of the
/// device, as the specification wants; <see cref="UnplugAll"/> is for the reset of the machine.
/// Thread: public members any. Lock order: <see cref="work"/>, then the memory's own or <see cref="gate"/>, a leaf. The host gives
/// and takes memory under the first, which takes as long as there is much of it, so whoever only asks for a size never waits for that
/// one. Requests allocate nothing; the memory may, when it begins or ceases to show a part of the region.
/// </remarks>
public sealed class VirtioMem : VirtioDevice
{
    private const int QueueSize = 128;

    // Guests add memory to themselves in blocks of up to 2 GiB, of which all has to be usable.
    private const ulong LargestGuestBlock = 2UL << 30;

    // Guards the blocks, and who changes how many are plugged.
    private readonly Lock work = new();

    // Guards the sizes and what the guest is shown of them.
    private readonly Lock gate = new();
    private readonly VirtioMemOptions options;
    private readonly IVirtioMemMemory memory;
    private readonly BlockBitmap blocks;
    private ulong usableSize;
    private ulong pluggedSize;
    private ulong requestedSize;

    /// <param name="context">Surroundings.</param>
    /// <param name="options">Place and sizes.</param>
    /// <param name="memory">The host side; the creator's.</param>
    /// <exception cref="ArgumentException">The options contradict each other; the text says how.</exception>
    public VirtioMem(VirtioDeviceContext context, VirtioMemOptions options, IVirtioMemMemory memory)
        : base(VirtioDeviceType.Memory, context, [QueueSize], FeaturesOf(options), CreateConfig(options))
    {
        ArgumentNullException.ThrowIfNull(memory);
        this.options = options;
        this.memory = memory;
        blocks = new BlockBitmap(checked((int)(options.Region.Length / options.BlockSize)));
        requestedSize = options.RequestedSize;
        UpdateUsableSize(mayShrink: true);
        Config.WriteUInt64(R.RequestedSize, requestedSize);
    }

    /// <summary><see cref="PluggedSize"/> is another one. Thread: the queue's loop, or that of <see cref="UnplugAll"/>.</summary>
    public event Action<VirtioMem>? PluggedSizeChanged;

    /// <summary>Place and first sizes.</summary>
    public VirtioMemOptions Options => options;

    /// <summary>Bytes that the guest has plugged.</summary>
    public ulong PluggedSize => Volatile.Read(ref pluggedSize);

    /// <summary>Bytes that the guest is asked to use; setting what is set already has no effect.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than the region, or not whole blocks.</exception>
    public ulong RequestedSize
    {
        get => Volatile.Read(ref requestedSize);
        set
        {
            if (options.FindRequestProblem(value) is { } problem)
            {
                throw new ArgumentOutOfRangeException(nameof(value), problem);
            }

            lock (gate)
            {
                if (value == requestedSize)
                {
                    return;
                }

                Volatile.Write(ref requestedSize, value);
                UpdateUsableSize(mayShrink: false);
                Config.WriteUInt64(R.RequestedSize, value);
            }

            NotifyConfigChanged();
        }
    }

    /// <summary>Takes everything from a guest that is not there any more: the machine is being reset, and the device was.</summary>
    public void UnplugAll()
    {
        bool changed;
        lock (work)
        {
            changed = pluggedSize != 0;
            _ = TryUnplugAll();
            ShrinkUsableSize();
        }

        if (changed)
        {
            PluggedSizeChanged?.Invoke(this);
        }
    }

    /// <inheritdoc/>
    protected override bool AcceptsFeatures(ulong features) => (features & R.UnpluggedInaccessible) != 0;

    /// <inheritdoc/>
    protected override QueueWork ProcessQueue(Virtqueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ulong before = PluggedSize;
        while (queue.TryPop(out DescriptorChain? chain))
        {
            SegmentReader reader = chain.Reader;
            if (chain.WritableLength < R.ResponseLength
                || !reader.TryRead(out ulong type) || !reader.TryRead(out ulong address) || !reader.TryRead(out ulong count))
            {
                Log.GuestError(Id, "memory request without type, place or room for its response");
                queue.Push(chain, 0);
                continue;
            }

            ushort state = 0;
            ushort response = Handle(unchecked((ushort)type), address, unchecked((ushort)count), ref state);
            SegmentWriter writer = chain.Writer;
            _ = writer.TryWrite((ulong)response) && writer.TryWrite(state);
            queue.Push(chain, R.ResponseLength);
        }

        if (PluggedSize != before)
        {
            PluggedSizeChanged?.Invoke(this);
        }

        return QueueWork.Done;
    }

    private static ulong FeaturesOf(VirtioMemOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return R.UnpluggedInaccessible | (options.Node is null ? 0 : R.AcpiPxm);
    }

    private static VirtioConfigSpace CreateConfig(VirtioMemOptions options)
    {
        if (options.FindProblem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        var config = new VirtioConfigSpace(R.ConfigLength);
        config.WriteUInt64(R.BlockSize, options.BlockSize);
        config.WriteUInt16(R.Node, options.Node ?? 0);
        config.WriteUInt64(R.Address, options.Region.Start.Value);
        config.WriteUInt64(R.RegionSize, options.Region.Length);
        return config;
    }

    // Guest-controlled: everything.
    private ushort Handle(ushort type, ulong address, ushort count, ref ushort state)
    {
        lock (work)
        {
            if (type == R.UnplugAll)
            {
                ushort result = TryUnplugAll() ? R.Ack : R.Busy;
                ShrinkUsableSize();
                return result;
            }

            if (type > R.State || !TryLocate(address, count, out int first))
            {
                Log.GuestError(Id, "memory request of unknown type or for blocks that are not there");
                return R.Error;
            }

            bool? plugged = blocks.GetCommon(first, count);
            switch (type)
            {
                case R.State:
                    state = plugged switch { true => R.StatePlugged, false => R.StateUnplugged, null => R.StateMixed };
                    return R.Ack;
                case R.Plug:
                    return plugged != false ? R.Error : Plug(first, count);
                default:
                    return plugged != true ? R.Error : Unplug(first, count) ? R.Ack : R.Busy;
            }
        }
    }

    private bool TryLocate(ulong address, ushort count, out int first)
    {
        first = 0;
        ulong start = options.Region.Start.Value;
        if (count == 0 || address < start || (address - start) % options.BlockSize != 0)
        {
            return false;
        }

        ulong offset = address - start;
        ulong usable = Volatile.Read(ref usableSize);
        if (offset >= usable || count > (usable - offset) / options.BlockSize)
        {
            return false;
        }

        first = (int)(offset / options.BlockSize);
        return true;
    }

    private ushort Plug(int first, int count)
    {
        ulong length = (ulong)count * options.BlockSize;
        ulong requested = RequestedSize;
        if (requested < pluggedSize || length > requested - pluggedSize)
        {
            return R.Nack;
        }

        if (!memory.TryPlug((ulong)first * options.BlockSize, length))
        {
            return R.Busy;
        }

        blocks.Set(first, count, plugged: true);
        SetPluggedSize(pluggedSize + length);
        return R.Ack;
    }

    private bool Unplug(int first, int count)
    {
        ulong length = (ulong)count * options.BlockSize;
        if (!memory.TryUnplug((ulong)first * options.BlockSize, length))
        {
            return false;
        }

        blocks.Set(first, count, plugged: false);
        SetPluggedSize(pluggedSize - length);
        return true;
    }

    private bool TryUnplugAll()
    {
        bool all = true;
        int next = 0;
        while (blocks.TryFindRun(next, out int first, out int length))
        {
            all &= Unplug(first, length);
            next = first + length;
        }

        return all;
    }

    private void SetPluggedSize(ulong value)
    {
        lock (gate)
        {
            Volatile.Write(ref pluggedSize, value);
            Config.WriteUInt64(R.PluggedSize, value);
        }
    }

    private void ShrinkUsableSize()
    {
        lock (gate)
        {
            UpdateUsableSize(mayShrink: true);
        }
    }

    // It never shrinks below a plugged block, so it shrinks only when there is none.
    private void UpdateUsableSize(bool mayShrink)
    {
        ulong needed = 0;
        if (requestedSize != 0)
        {
            GuestAddress end = (options.Region.Start + requestedSize).AlignUp(LargestGuestBlock) + LargestGuestBlock;
            needed = ulong.Min(end - options.Region.Start, options.Region.Length);
        }

        Volatile.Write(ref usableSize, mayShrink && pluggedSize == 0 ? needed : ulong.Max(needed, usableSize));
        Config.WriteUInt64(R.UsableRegionSize, usableSize);
    }
}
