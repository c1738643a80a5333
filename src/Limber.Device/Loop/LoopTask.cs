using System;

namespace Limber.Device.Loop;

/// <summary>
/// Work that is split into turns: it asks for its next turn and lets the loop serve everybody else before that.
/// </summary>
/// <remarks>Thread: the loop's. Scheduling allocates nothing.</remarks>
public sealed class LoopTask
{
    private readonly DeviceLoop loop;
    private readonly Action run;

    internal LoopTask(DeviceLoop loop, Action run, ILoopOwner owner)
    {
        this.loop = loop;
        this.run = run;
        Owner = owner;
    }

    /// <summary>True from <see cref="Schedule"/> until the turn begins or is cancelled.</summary>
    public bool IsScheduled { get; private set; }

    internal ILoopOwner Owner { get; }

    internal bool IsQueued { get; set; }

    /// <summary>Asks for one turn, after the descriptors that are ready now have been served.</summary>
    public void Schedule()
    {
        IsScheduled = true;
        if (!IsQueued)
        {
            IsQueued = true;
            loop.Queue(this);
        }
    }

    /// <summary>Takes the wish back.</summary>
    public void Cancel() => IsScheduled = false;

    internal void Run()
    {
        IsQueued = false;
        if (IsScheduled)
        {
            IsScheduled = false;
            run();
        }
    }
}
