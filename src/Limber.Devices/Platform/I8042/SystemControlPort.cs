using System;
using System.Threading;
using Limber.Device;

namespace Limber.Devices.Platform.I8042;

/// <summary>
/// System control port A, 0x92.
/// Source: IBM Personal System/2 Hardware Interface Technical Reference, "System Control Port A".
/// <code>
/// bit 0  fast reset: resets the machine when it rises
/// bit 1  A20; kept, without effect, as A20 is always open
/// </code>
/// </summary>
/// <remarks>Thread: vCPU threads.</remarks>
public sealed class SystemControlPort : IIoDevice, IResettable
{
    private const int FastReset = 0x01;
    private const int A20 = 0x02;

    private readonly IPowerController power;
    private int value = A20;

    /// <param name="power">Is asked for a reset.</param>
    public SystemControlPort(IPowerController power)
    {
        ArgumentNullException.ThrowIfNull(power);
        this.power = power;
    }

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data)
    {
        IoStatus status = Check(offset, data.Length);
        if (status == IoStatus.Ok)
        {
            data[0] = (byte)Volatile.Read(ref value);
        }

        return status;
    }

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        IoStatus status = Check(offset, data.Length);
        if (status == IoStatus.Ok)
        {
            int before = Interlocked.Exchange(ref value, data[0] & (FastReset | A20));
            if ((data[0] & ~before & FastReset) != 0)
            {
                power.RequestReset();
            }
        }

        return status;
    }

    /// <inheritdoc/>
    public void Reset() => Volatile.Write(ref value, A20);

    private static IoStatus Check(ulong offset, int width)
    {
        if (offset != 0)
        {
            return IoStatus.InvalidRegister;
        }

        return width == 1 ? IoStatus.Ok : IoStatus.InvalidWidth;
    }
}
