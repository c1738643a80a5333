using System;
using Limber.Chardev.Native;

namespace Limber.Chardev.Serial;

/// <summary>Where a backend's output goes. Called on the backend's writer thread; nothing here throws.</summary>
internal interface IOutputPort
{
    /// <summary>
    /// Writes what goes without waiting: the number of bytes, 0 when none do now, -1 when nobody is there to take them.
    /// </summary>
    int TryWrite(ReadOnlySpan<byte> data);

    /// <summary>
    /// Waits until <see cref="TryWrite"/> may do better than 0, <paramref name="wake"/> is signalled, or the time is over.
    /// </summary>
    void WaitForRoom(WakeEvent wake, int milliseconds);
}
