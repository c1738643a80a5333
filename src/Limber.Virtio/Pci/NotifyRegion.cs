using System;
using Limber.Device;

namespace Limber.Virtio.Pci;

/// <summary>
/// Notifications that reach the bus, because the host has no room for a doorbell or they come through the configuration window.
/// </summary>
/// <remarks>The address says which queue; the value, its number again, is not looked at. Thread: any vCPU.</remarks>
internal sealed class NotifyRegion(VirtioRegisters registers) : IIoDevice
{
    public IoStatus Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        return IoStatus.Ok;
    }

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data)
    {
        ulong queue = offset / VirtioPciLayout.NotifyMultiplier;
        if (queue >= (ulong)registers.QueueCount)
        {
            return IoStatus.InvalidRegister;
        }

        registers.GetDoorbell((int)queue).Signal();
        return IoStatus.Ok;
    }
}
