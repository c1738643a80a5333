using System;
using System.Collections.Generic;
using System.Threading;

namespace Limber.Device;

/// <summary>
/// Who answers at which address, for ports or for memory-mapped registers.
/// <code>
///   writer (Insert, Remove; one at a time)        readers (vCPU threads, any number)
///   ---------------------------------------       -----------------------------------------
///   copy the snapshot with the change
///   Volatile.Write(snapshot)  ----------------->  s = Volatile.Read(snapshot), once
///   Remove only: shut the range                   range = search s
///                                                 enter the range, or NoResponse if it is shut
///                                                 device.Read / device.Write
///                                                 leave the range
/// </code>
/// </summary>
/// <remarks>
/// Invariant: a snapshot never changes once published; its ranges are sorted by start and don't overlap.
/// A reader may hold an old snapshot. What it then finds is either still inserted, or shut, so it can't enter a device
/// after <see cref="Remove"/> has returned.
/// Thread: any. Read and Write take no lock and allocate nothing; a range's count is their only shared write.
/// Lock order: <see cref="writerLock"/> is a leaf; nobody is called while it is held.
/// </remarks>
public sealed class IoBus
{
    private readonly Lock writerLock = new();
    private Snapshot snapshot = Snapshot.Empty;

    /// <param name="name">What the addresses are, for error texts: "port" or "memory".</param>
    public IoBus(string name) => Name = name;

    /// <summary>What the addresses are.</summary>
    public string Name { get; }

    /// <summary>The ranges at this moment, by ascending address.</summary>
    public IReadOnlyList<IoRange> Ranges => Volatile.Read(ref snapshot).View;

    /// <summary>Makes <paramref name="device"/> answer at [start, start + length).</summary>
    /// <param name="start">First address.</param>
    /// <param name="length">Number of addresses, at least 1.</param>
    /// <param name="device">Is called from any vCPU thread, possibly before this method returns.</param>
    /// <param name="name">Who it is, for error texts.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or leaves the address space.</exception>
    /// <exception cref="InvalidOperationException">It overlaps another range; nothing has changed.</exception>
    public IoRange Insert(ulong start, ulong length, IIoDevice device, string name)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (length == 0 || length - 1 > ulong.MaxValue - start)
        {
            throw new ArgumentOutOfRangeException(
                nameof(length), $"{Name} range of {name} at 0x{start:x} has length 0x{length:x}, not in 1..2^64-start");
        }

        var range = new IoRange(start, length, device, name);
        lock (writerLock)
        {
            Volatile.Write(ref snapshot, snapshot.With(range, Name));
        }

        return range;
    }

    /// <summary>
    /// Takes the range that begins at <paramref name="start"/> from the bus and returns it.
    /// When this method has returned, no access enters the device through the range any more and the addresses are free
    /// for another one. Accesses that had entered before may still be inside: wait for
    /// <see cref="IoRange.WaitUntilQuiescent"/> before taking away what they use.
    /// </summary>
    /// <exception cref="InvalidOperationException">No range begins there.</exception>
    public IoRange Remove(ulong start)
    {
        IoRange range;
        lock (writerLock)
        {
            int index = snapshot.FindAtOrBelow(start);
            if (index < 0 || snapshot[index].Start != start)
            {
                throw new InvalidOperationException($"no {Name} range begins at 0x{start:x}");
            }

            range = snapshot[index];
            Volatile.Write(ref snapshot, snapshot.Without(index));
        }

        range.Shut();
        return range;
    }

    /// <summary>
    /// Reads <paramref name="data"/>.Length bytes at an address. Whatever isn't <see cref="IoStatus.Ok"/> leaves ones.
    /// </summary>
    /// <returns>The device's word, or <see cref="IoStatus.NoResponse"/> when nobody claims all bytes of the access.</returns>
    public IoStatus Read(ulong address, Span<byte> data)
    {
        data.Fill(0xff);
        IoRange? range = Volatile.Read(ref snapshot).Find(address, data.Length);
        if (range is null || !range.TryEnter())
        {
            return IoStatus.NoResponse;
        }

        try
        {
            IoStatus status = range.Device.Read(address - range.Start, data);
            if (status != IoStatus.Ok)
            {
                data.Fill(0xff);
            }

            return status;
        }
        finally
        {
            range.Leave();
        }
    }

    /// <summary>Writes <paramref name="data"/>.Length bytes to an address.</summary>
    /// <returns>The device's word, or <see cref="IoStatus.NoResponse"/> when nobody claims all bytes of the access.</returns>
    public IoStatus Write(ulong address, ReadOnlySpan<byte> data)
    {
        IoRange? range = Volatile.Read(ref snapshot).Find(address, data.Length);
        if (range is null || !range.TryEnter())
        {
            return IoStatus.NoResponse;
        }

        try
        {
            return range.Device.Write(address - range.Start, data);
        }
        finally
        {
            range.Leave();
        }
    }

    private sealed class Snapshot
    {
        public static readonly Snapshot Empty = new([]);

        // The starts once more, side by side: the search touches one or two cache lines instead of an object a step.
        private readonly ulong[] starts;
        private readonly IoRange[] ranges;

        private Snapshot(IoRange[] ranges)
        {
            this.ranges = ranges;
            starts = Array.ConvertAll(ranges, range => range.Start);
            View = Array.AsReadOnly(ranges);
        }

        public IReadOnlyList<IoRange> View { get; }

        public IoRange this[int index] => ranges[index];

        public Snapshot With(IoRange range, string busName)
        {
            int below = FindAtOrBelow(range.Start);
            int above = below + 1;
            if (below >= 0 && ranges[below].Last >= range.Start)
            {
                throw Overlap(busName, range, ranges[below]);
            }

            if (above < ranges.Length && ranges[above].Start <= range.Last)
            {
                throw Overlap(busName, range, ranges[above]);
            }

            return new Snapshot([.. ranges.AsSpan(0, above), range, .. ranges.AsSpan(above)]);
        }

        public Snapshot Without(int index) => new([.. ranges.AsSpan(0, index), .. ranges.AsSpan(index + 1)]);

        public IoRange? Find(ulong address, int length)
        {
            int index = FindAtOrBelow(address);
            if (index < 0)
            {
                return null;
            }

            IoRange range = ranges[index];
            ulong offset = address - range.Start;
            return offset < range.Length && (ulong)length <= range.Length - offset ? range : null;
        }

        /// <summary>Index of the last range that starts at or below the address, or -1.</summary>
        public int FindAtOrBelow(ulong address)
        {
            int low = 0;
            int high = starts.Length;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (starts[middle] <= address)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low - 1;
        }

        private static InvalidOperationException Overlap(string busName, IoRange wanted, IoRange present) =>
            new($"{busName} range {wanted} overlaps {present}");
    }
}
