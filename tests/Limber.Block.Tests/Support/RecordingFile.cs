using System;
using System.Collections.Generic;
using Limber.Block.Files;

namespace Limber.Block.Tests.Support;

/// <summary>A file in memory that remembers every write and every sync, so that the disk can be made as it was at any moment.</summary>
/// <remarks>One thread.</remarks>
internal sealed unsafe class RecordingFile(byte[] initial, string path) : IImageFile
{
    private const ulong MaxLength = 256 << 20;
    private readonly List<(ulong Offset, byte[]? Data)> log = [];
    private byte[] content = (byte[])initial.Clone();
    private ulong length = (ulong)initial.Length;

    public string Path => path;

    public int OffsetAlignment => 1;

    public bool IsBlockDevice => false;

    public ulong Length => length;

    /// <summary>Writes and syncs so far.</summary>
    public int Position => log.Count;

    public int Read(ulong offset, SegmentList list, ulong skip, ulong count)
    {
        ulong there = offset >= length ? 0 : Math.Min(count, length - offset);
        fixed (byte* source = content)
        {
            list.Scatter(skip, source + (there == 0 ? 0 : offset), there);
        }

        list.Clear(skip + there, count - there);
        return 0;
    }

    public int Write(ulong offset, SegmentList list, ulong skip, ulong count)
    {
        if (offset > MaxLength || count > MaxLength - offset)
        {
            return 27;
        }

        byte[] data = new byte[count];
        fixed (byte* target = data)
        {
            list.Collect(skip, target, count);
        }

        log.Add((offset, data));
        Store(ref content, ref length, offset, data);
        return 0;
    }

    public int Sync()
    {
        log.Add((0, null));
        return 0;
    }

    // Punching is remembered as zeros written: a freed cluster that is still in use would lose its data.
    public int Discard(ulong offset, ulong count)
    {
        count = offset >= length ? 0 : Math.Min(count, length - offset);
        byte[] zeros = new byte[count];
        log.Add((offset, zeros));
        Store(ref content, ref length, offset, zeros);
        return 0;
    }

    public int Zero(ulong offset, ulong count, bool mayUnmap) => 95;

    public int SetLength(ulong bytes) => 95;

    /// <summary>
    /// The disk after a loss of power: all that was synced, and of the rest any sectors, as disks write them in any order.
    /// </summary>
    /// <param name="position">How much of the log had been issued.</param>
    /// <param name="random">Null for a process that was killed: the host keeps everything it was given.</param>
    public byte[] After(int position, Random? random)
    {
        int synced = position == 0 ? 0 : log.FindLastIndex(position - 1, entry => entry.Data is null) + 1;
        byte[] disk = (byte[])initial.Clone();
        ulong size = (ulong)disk.Length;
        int mood = random?.Next(3) ?? 0;
        for (int index = 0; index < position; index++)
        {
            (ulong offset, byte[]? data) = log[index];
            if (data is null)
            {
                continue;
            }

            bool whole = index < synced || random is null;
            for (int sector = 0; sector < data.Length; sector += 512)
            {
                bool written = whole || (mood == 0 ? index % 2 == 0 : random!.Next(mood == 1 ? 2 : 6) == 0);
                if (written)
                {
                    int count = Math.Min(512, data.Length - sector);
                    Store(ref disk, ref size, offset + (ulong)sector, data.AsSpan(sector, count));
                }
            }
        }

        return disk.AsSpan(0, (int)size).ToArray();
    }

    public void Dispose()
    {
    }

    private static void Store(ref byte[] target, ref ulong size, ulong offset, ReadOnlySpan<byte> data)
    {
        int end = (int)offset + data.Length;
        if (end > target.Length)
        {
            Array.Resize(ref target, Math.Max(end, target.Length * 2));
        }

        data.CopyTo(target.AsSpan((int)offset));
        size = Math.Max(size, (ulong)end);
    }
}
