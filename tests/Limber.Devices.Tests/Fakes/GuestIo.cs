using System;
using System.Buffers.Binary;
using Limber.Device;

namespace Limber.Devices.Tests.Fakes;

/// <summary>How tests play the guest's instructions.</summary>
internal static class GuestIo
{
    public static byte In8(this IIoDevice device, ulong offset)
    {
        Span<byte> data = [0xff];
        device.Read(offset, data);
        return data[0];
    }

    public static uint In32(this IIoDevice device, ulong offset)
    {
        Span<byte> data = [0xff, 0xff, 0xff, 0xff];
        Assert.Equal(IoStatus.Ok, device.Read(offset, data));
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    public static void Out8(this IIoDevice device, ulong offset, int value)
    {
        ReadOnlySpan<byte> data = [(byte)value];
        Assert.Equal(IoStatus.Ok, device.Write(offset, data));
    }
}
