using System;
using System.Threading;

namespace Limber.VirtioConsole.Ports;

/// <summary>
/// Bytes that a driver wrote into the configuration (emerg_wr), on their way from its vCPU to the loop. Bounded: what does not fit is
/// dropped, as the specification promises nothing for them.
/// </summary>
/// <remarks>Thread: <see cref="Add"/> vCPUs', <see cref="Take"/> the loop's. Lock order: <see cref="gate"/> is a leaf.</remarks>
internal sealed class EmergencyOutput
{
    public const int Capacity = 1024;

    private readonly Lock gate = new();
    private readonly byte[] bytes = new byte[Capacity];
    private int count;

    /// <summary>True when the loop must be told.</summary>
    public bool Add(byte value)
    {
        lock (gate)
        {
            if (count == Capacity)
            {
                return false;
            }

            bytes[count++] = value;
            return count == 1;
        }
    }

    /// <summary>Takes everything; returns the number of bytes.</summary>
    /// <param name="destination">At least <see cref="Capacity"/> bytes.</param>
    public int Take(Span<byte> destination)
    {
        lock (gate)
        {
            int taken = count;
            bytes.AsSpan(0, taken).CopyTo(destination);
            count = 0;
            return taken;
        }
    }
}
