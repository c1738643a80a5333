using System.Collections.Generic;

namespace Limber.Block.Qcow2;

/// <summary>Clusters that nothing refers to in memory any more, on their way to being free.</summary>
/// <remarks>
/// <code>
///  Add =&gt; pending =(metadata durable: Rotate)=&gt; ready =(older I/O ended: TakeReady)=&gt; refcount - 1
/// </code>
/// Until the tables on disk no longer refer to a cluster it must keep its count, or a power loss would leave a reference to a
/// free cluster; until I/O that looked the tables up before the change has ended it must not be used again, or that I/O would hit
/// someone else's data. Two generations of I/O are counted for the latter. Thread: under the metadata's gate.
/// </remarks>
internal sealed class DeferredFrees
{
    private const int MaxRuns = 1 << 16;
    private readonly int[] active = new int[2];
    private List<(ulong Cluster, ulong Count)> pending = [];
    private List<(ulong Cluster, ulong Count)> ready = [];
    private int generation;

    /// <summary>So many runs wait that a flush should be made.</summary>
    public bool IsCrowded => pending.Count >= MaxRuns / 16;

    public bool HasPending => pending.Count > 0;

    /// <summary>Counts can be lowered now.</summary>
    public bool IsReady => ready.Count > 0 && active[generation ^ 1] == 0;

    public bool HasReady => ready.Count > 0;

    /// <summary>Clusters given up because too many runs waited: they stay allocated until the image is checked.</summary>
    public ulong Leaked { get; private set; }

    /// <summary>I/O that has looked the tables up begins.</summary>
    /// <returns>For <see cref="Exit"/>.</returns>
    public int Enter()
    {
        active[generation]++;
        return generation;
    }

    public void Exit(int entered) => active[entered]--;

    public void Add(ulong cluster, ulong count)
    {
        if (pending.Count > 0 && pending[^1] is var last && last.Cluster + last.Count == cluster)
        {
            pending[^1] = (last.Cluster, last.Count + count);
        }
        else if (pending.Count < MaxRuns)
        {
            pending.Add((cluster, count));
        }
        else
        {
            Leaked += count;
        }
    }

    /// <summary>All tables are durable: what is pending waits for I/O only. Later if the last lot still does.</summary>
    public void Rotate()
    {
        if (ready.Count == 0 && pending.Count > 0 && active[generation ^ 1] == 0)
        {
            (pending, ready) = (ready, pending);
            generation ^= 1;
        }
    }

    /// <summary>Takes one run; false when there is none.</summary>
    public bool TakeReady(out ulong cluster, out ulong count)
    {
        (cluster, count) = ready.Count > 0 ? ready[^1] : default;
        if (ready.Count == 0)
        {
            return false;
        }

        ready.RemoveAt(ready.Count - 1);
        return true;
    }
}
