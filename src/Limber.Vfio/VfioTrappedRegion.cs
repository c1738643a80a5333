using System;
using Limber.Device;

namespace Limber.Vfio;

/// <summary>A part of a BAR whose accesses the VMM makes for the guest.</summary>
/// <remarks>
/// Thread: any vCPU's. A read that the host refuses answers with ones, as a function that doesn't respond.
/// Guest-controlled: offset, width and data; the kernel checks the bounds of the region as well.
/// </remarks>
internal sealed class VfioTrappedRegion(VfioDevice device, VfioRegion region, ulong start, IVfioAccessObserver observer) : IIoDevice
{
    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data)
    {
        if (device.Read(region, start + offset, data) != data.Length)
        {
            data.Fill(0xFF);
            observer.OnAccessRefused();
        }

        observer.OnTrappedAccess();
        return IoStatus.Ok;
    }

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (device.Write(region, start + offset, data) != data.Length)
        {
            observer.OnAccessRefused();
        }

        observer.OnTrappedAccess();
        return IoStatus.Ok;
    }
}
