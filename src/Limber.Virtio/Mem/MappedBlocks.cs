using System;
using System.Numerics;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Virtio.Mem;

/// <summary>
/// The pages of a memory device, shown to the guest in windows: a window is there while a block in it is plugged.
/// <code>
///   region   |  window  |  window  |  window  |  window  |
///   blocks    ++++++++++ ++----+--- ---------- ----------
///   guest     reachable  reachable  not there  not there
/// </code>
/// Blocks that are unplugged have no pages. In a window with plugged blocks a guest that breaks its promise and touches an unplugged one
/// gets a page of zeros, which costs the host no more than the device's size and goes with the window; elsewhere there is no memory.
/// </summary>
/// <remarks>Thread: one at a time.</remarks>
public sealed class MappedBlocks : IVirtioMemMemory, IDisposable
{
    private const ulong SmallestWindow = 128UL << 20;
    private const ulong MostWindows = 64;

    private readonly GuestMemoryRegion region;
    private readonly IGuestMappings mappings;
    private readonly IDisposable?[] windows;
    private readonly ulong[] plugged;

    /// <param name="region">The pages; the creator's.</param>
    /// <param name="blockSize">A power of two.</param>
    /// <param name="mappings">Shows them to the guest.</param>
    public MappedBlocks(GuestMemoryRegion region, ulong blockSize, IGuestMappings mappings)
    {
        ArgumentNullException.ThrowIfNull(region);
        ArgumentNullException.ThrowIfNull(mappings);
        this.region = region;
        this.mappings = mappings;
        WindowSize = ulong.Max(
            ulong.Max(SmallestWindow, blockSize), BitOperations.RoundUpToPowerOf2((region.Range.Length + MostWindows - 1) / MostWindows));
        windows = new IDisposable?[checked((int)((region.Range.Length + WindowSize - 1) / WindowSize))];
        plugged = new ulong[windows.Length];
    }

    /// <summary>Bytes that the guest begins or ceases to reach together; the last window may be smaller.</summary>
    public ulong WindowSize { get; }

    /// <inheritdoc/>
    public bool TryPlug(ulong offset, ulong length)
    {
        if (!region.TryCommit(offset, length))
        {
            return false;
        }

        ulong end = offset + length;
        for (ulong at = offset; at < end;)
        {
            int window = (int)(at / WindowSize);
            ulong part = ulong.Min(end, WindowEnd(window)) - at;
            if (!TryShow(window))
            {
                Forget(offset, at - offset);
                _ = region.TryDiscard(offset, length);
                return false;
            }

            plugged[window] += part;
            at += part;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryUnplug(ulong offset, ulong length)
    {
        if (!region.TryDiscard(offset, length))
        {
            return false;
        }

        Forget(offset, length);
        return true;
    }

    /// <summary>The guest reaches none of it any more.</summary>
    public void Dispose()
    {
        for (int i = 0; i < windows.Length; i++)
        {
            windows[i]?.Dispose();
            windows[i] = null;
        }
    }

    private ulong WindowEnd(int window) => ulong.Min(((ulong)window + 1) * WindowSize, region.Range.Length);

    private bool TryShow(int window)
    {
        if (windows[window] is not null)
        {
            return true;
        }

        ulong start = (ulong)window * WindowSize;
        try
        {
            windows[window] = mappings.Map(
                region.Range.Start.Value + start, region.Mapping.Address + (nint)start, WindowEnd(window) - start, readOnly: false);
            return true;
        }
        catch (HostException)
        {
            return false;
        }
    }

    private void Forget(ulong offset, ulong length)
    {
        ulong end = offset + length;
        for (ulong at = offset; at < end;)
        {
            int window = (int)(at / WindowSize);
            ulong part = ulong.Min(end, WindowEnd(window)) - at;
            plugged[window] -= part;
            if (plugged[window] == 0)
            {
                windows[window]?.Dispose();
                windows[window] = null;

                // What the guest touched though it was not plugged.
                ulong start = (ulong)window * WindowSize;
                _ = region.TryDiscard(start, WindowEnd(window) - start);
            }

            at += part;
        }
    }
}
