using System;
using System.Threading;

namespace Limber.Memory;

/// <summary>The guest's RAM as it is now: the place where readers find the current <see cref="GuestMemory"/>.</summary>
/// <remarks>
/// Thread: any. A reader takes <see cref="Current"/> once for one piece of work and uses that map to its end, so it never
/// sees half a change. Memory that left the map stays mapped in this process until every reader that could hold the old
/// map has finished its work; the one who replaces the map sees to that.
/// </remarks>
public sealed class GuestMemoryMap
{
    private GuestMemory current;

    /// <param name="memory">What is there at first.</param>
    public GuestMemoryMap(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        current = memory;
    }

    /// <summary>
    /// Another map is to take this one's place: who lets devices of the host see guest memory makes them see that one now, so that
    /// they do before anybody gives them new memory, and no longer do when old memory is unmapped. A handler that throws refuses it.
    /// </summary>
    /// <remarks>Thread: that of <see cref="Replace"/>.</remarks>
    public event Action<GuestMemory>? Changing;

    /// <summary>The map at this moment.</summary>
    public GuestMemory Current => Volatile.Read(ref current);

    /// <summary>Puts another map in its place. Called by the machine, one at a time. When <see cref="Changing"/> throws nothing has changed.</summary>
    public void Replace(GuestMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        Changing?.Invoke(memory);
        Volatile.Write(ref current, memory);
    }
}
