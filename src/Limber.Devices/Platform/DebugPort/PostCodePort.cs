using System;
using Limber.Device;

namespace Limber.Devices.Platform.DebugPort;

/// <summary>
/// Port 0x80, where firmware writes its progress and drivers write to lose a microsecond. Bytes are swallowed; reads are ones.
/// </summary>
public sealed class PostCodePort : IIoDevice
{
    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data) => Check(offset, data.Length);

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => Check(offset, data.Length);

    private static IoStatus Check(ulong offset, int width)
    {
        if (offset != 0)
        {
            return IoStatus.InvalidRegister;
        }

        return width == 1 ? IoStatus.Ok : IoStatus.InvalidWidth;
    }
}
