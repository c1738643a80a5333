using System;
using System.Buffers.Binary;
using System.Linq;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Boot.Tests;

/// <summary>Guest memory of a size, laid out as a machine has it, with helpers to look into it.</summary>
internal sealed class TestMachine : IDisposable
{
    public const ulong MiB = 1UL << 20;

    public TestMachine(ulong size)
    {
        Layout = MemoryLayout.For(size);
        Memory = new GuestMemory([.. Layout.Ranges.Select(
            range => new GuestMemoryRegion(range.Start, HostMapping.AllocatePrivate(range.Length, "test")))]);
        Map = E820Map.For(Layout);
    }

    public MemoryLayout Layout { get; }

    public GuestMemory Memory { get; }

    public E820Map Map { get; }

    public byte[] Bytes(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        Memory.Read(new GuestAddress(address), bytes);
        return bytes;
    }

    public ushort U16(ulong address) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(address, 2));

    public uint U32(ulong address) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(address, 4));

    public ulong U64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(address, 8));

    public void Dispose()
    {
        foreach (GuestMemoryRegion region in Memory.Regions)
        {
            region.Dispose();
        }
    }
}
