using System;
using Limber.Device;

namespace Limber.Virtio.Pci;

/// <summary>The device-specific configuration on the bus; any width and alignment inside it.</summary>
internal sealed class DeviceConfigRegion(VirtioRegisters registers) : IIoDevice
{
    public IoStatus Read(ulong offset, Span<byte> data) =>
        registers.TryReadConfig(offset, data) ? IoStatus.Ok : IoStatus.InvalidRegister;

    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) =>
        registers.TryWriteConfig(offset, data) ? IoStatus.Ok : IoStatus.InvalidRegister;
}
