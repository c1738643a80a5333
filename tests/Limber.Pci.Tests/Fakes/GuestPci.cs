using System;
using System.Buffers.Binary;
using Limber.Device;

namespace Limber.Pci.Tests.Fakes;

/// <summary>How a guest reaches configuration space and BARs: through the machine's buses only.</summary>
internal sealed class GuestPci(IoBus memory, IoBus ports)
{
    public static ulong EcamOf(int bus, int device, int function, int register) =>
        FakeMachine.Ecam + (((ulong)bus << 20) | ((ulong)device << 15) | ((ulong)function << 12) | (uint)register);

    public uint Read(int bus, int device, int register, int width = 4, int function = 0) =>
        (uint)ReadMemory(EcamOf(bus, device, function, register), width);

    public void Write(int bus, int device, int register, uint value, int width = 4, int function = 0) =>
        WriteMemory(EcamOf(bus, device, function, register), value, width);

    public ulong ReadMemory(ulong address, int width = 4)
    {
        Span<byte> data = stackalloc byte[8];
        memory.Read(address, data[..width]);
        data[width..].Clear();
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    public IoStatus WriteMemory(ulong address, ulong value, int width = 4)
    {
        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        return memory.Write(address, data[..width]);
    }

    public uint In(ulong port, int width)
    {
        Span<byte> data = stackalloc byte[4];
        ports.Read(port, data[..width]);
        data[width..].Clear();
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    public void Out(ulong port, uint value, int width)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        ports.Write(port, data[..width]);
    }
}
