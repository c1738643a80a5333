using System;

namespace Limber.Virtio.Console;

/// <summary>Moves what the driver sends into a port's back end, which may be full at any byte.</summary>
/// <remarks>Thread: the device's loop.</remarks>
internal static class ConsoleOutput
{
    /// <summary>So much at most before others have their turn.</summary>
    private const int BytesPerTurn = 1 << 20;

    /// <summary>A turn of the port's transmit queue.</summary>
    public static QueueWork Transmit(ConsolePort port, Virtqueue queue)
    {
        long budget = BytesPerTurn;
        while (true)
        {
            if (port.Sending is null)
            {
                if (!queue.TryPop(out DescriptorChain? chain))
                {
                    return QueueWork.Done;
                }

                port.Sending = chain;
            }

            if (!Send(port, ref budget))
            {
                if (budget <= 0)
                {
                    queue.Schedule();
                }

                return QueueWork.Waiting;
            }

            queue.Push(port.Sending, 0);
            port.Sending = null;
            port.Sent = 0;
        }
    }

    /// <summary>The back end may be full for hours: a pause puts the request back, a reset forgets it.</summary>
    public static void GiveUp(ConsolePort port, Virtqueue queue, QueueStopReason reason)
    {
        if (port.Sending is { } chain)
        {
            port.Sending = null;
            if (reason == QueueStopReason.Pause && !queue.IsBroken)
            {
                queue.PutBack(chain);
                return;
            }

            queue.Abandon(chain);
        }

        if (reason != QueueStopReason.Pause)
        {
            port.Sent = 0;
        }
    }

    /// <summary>True when the back end has taken everything; false when it is full, or the turn is over.</summary>
    private static bool Send(ConsolePort port, ref long budget)
    {
        const int Piece = 4096;
        SegmentReader reader = port.Sending!.Reader;
        _ = reader.Skip(port.Sent);
        while (reader.Remaining != 0)
        {
            if (budget <= 0)
            {
                return false;
            }

            ReadOnlySpan<byte> piece = reader.Next(Piece);
            int taken = port.Backend.Write(piece);
            port.Sent += taken;
            budget -= piece.Length;
            if (taken < piece.Length)
            {
                return false;
            }
        }

        return true;
    }
}
