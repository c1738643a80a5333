using System;

namespace Limber.VirtioDevices.Net;

/// <summary>
/// Whether a transmit queue that ran empty is looked at again by itself after a moment, instead of by the driver's notification.
/// <code>
///                 turns in a row that sent, with nothing received in between
///   notified  ------------------------------------------------------------------>  looking
///             &lt;------------------------------------------------------------------
///                       nothing was there, or something was received
/// </code>
/// </summary>
/// <remarks>
/// A guest that sends one way, as a stream of datagrams, notifies for every frame while the host is quicker than the guest: an exit and
/// a wake-up each, and on a busy processor two changes of thread. Traffic that waits for answers gains nothing by it and
/// would wait longer; frames received tell it apart. A try that finds nothing makes the next one rarer.
/// The moment grows while few frames are found, and shrinks before the ring can fill.
/// Thread: the queue's loop.
/// </remarks>
internal sealed class TransmitCoalescing
{
    /// <summary>Turns in a row before the first try.</summary>
    internal const int FirstStreak = 16;

    /// <summary>Turns in a row before a try when many have failed.</summary>
    internal const int LongestStreak = 4096;

    /// <summary>Found frames, at fewer of which the moment grows.</summary>
    internal const int Few = 8;

    /// <summary>Found frames, at more of which the moment shrinks.</summary>
    internal const int Many = 64;

    /// <summary>The first and least moment: about what the host is late anyway.</summary>
    internal static readonly TimeSpan ShortestPause = TimeSpan.FromMicroseconds(50);

    /// <summary>The longest moment, which bounds how late a frame can be.</summary>
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(1);

    private TimeSpan pause;
    private uint received;
    private int streak;
    private int needed = FirstStreak;

    /// <summary>The queue ran empty.</summary>
    /// <param name="sent">Frames sent since it was looked at.</param>
    /// <param name="receivedSoFar">Frames received so far, modulo 2^32.</param>
    /// <returns>When to look again; zero: when the driver notifies.</returns>
    public TimeSpan OnEmpty(int sent, uint receivedSoFar)
    {
        bool oneWay = receivedSoFar == received;
        received = receivedSoFar;
        if (sent == 0 || !oneWay)
        {
            Leave(foundNothing: oneWay);
        }
        else if (pause != TimeSpan.Zero)
        {
            needed = FirstStreak;
            pause = Adjust(pause, sent);
        }
        else if (++streak >= needed)
        {
            pause = ShortestPause;
        }

        return pause;
    }

    private static TimeSpan Adjust(TimeSpan pause, int found)
    {
        TimeSpan wanted = found < Few ? pause * 2 : found > Many ? pause / 2 : pause;
        return wanted < ShortestPause ? ShortestPause : wanted > LongestPause ? LongestPause : wanted;
    }

    private void Leave(bool foundNothing)
    {
        // A turn for nothing while the driver notifies says nothing.
        if (pause == TimeSpan.Zero && foundNothing)
        {
            return;
        }

        if (foundNothing)
        {
            needed = Math.Min(needed * 2, LongestStreak);
        }

        pause = TimeSpan.Zero;
        streak = 0;
    }
}
