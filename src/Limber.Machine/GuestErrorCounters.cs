using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using Limber.Device;

namespace Limber.Machine;

/// <summary>Counts what the guest did wrong: a fixed number of counters, whatever the guest does.</summary>
/// <remarks>Thread: any. Counting takes no lock and allocates only for the first of a kind.</remarks>
public sealed class GuestErrorCounters : IDeviceLog
{
    private const int MaximumKinds = 256;

    private readonly Lock gate = new();
    private Entry[] entries = [];

    /// <inheritdoc/>
    public void GuestError(string device, string oddity)
    {
        foreach (Entry entry in Volatile.Read(ref entries))
        {
            // Both texts are constants, so the same text is the same object.
            if (ReferenceEquals(entry.Oddity, oddity) && ReferenceEquals(entry.Device, device))
            {
                entry.Increment();
                return;
            }
        }

        Add(device, oddity);
    }

    /// <summary>How often each oddity was seen.</summary>
    public IReadOnlyList<(string Device, string Oddity, long Count)> GetCounts()
    {
        Entry[] current = Volatile.Read(ref entries);
        var counts = new (string, string, long)[current.Length];
        for (int i = 0; i < current.Length; i++)
        {
            counts[i] = (current[i].Device, current[i].Oddity, current[i].Count);
        }

        return counts;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(string device, string oddity)
    {
        lock (gate)
        {
            foreach (Entry entry in entries)
            {
                if (entry.Device == device && entry.Oddity == oddity)
                {
                    entry.Increment();
                    return;
                }
            }

            if (entries.Length < MaximumKinds)
            {
                Entry[] grown = [.. entries, new Entry(device, oddity)];
                grown[^1].Increment();
                Volatile.Write(ref entries, grown);
            }
        }
    }

    private sealed class Entry(string device, string oddity)
    {
        private long count;

        public string Device { get; } = device;

        public string Oddity { get; } = oddity;

        public long Count => Interlocked.Read(ref count);

        public void Increment() => Interlocked.Increment(ref count);
    }
}
