using System;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Virtio.TestKit;

/// <summary>
/// Guest RAM for tests: two regions that touch each other and lie apart in this process, a hole, and one more.
/// <code>
///   0x000000 .. 0x200000  region     queues and buffers are allocated from here
///   0x200000 .. 0x400000  region     at once behind it
///   0x400000 .. 0x800000  hole
///   0x800000 .. 0xa00000  region
/// </code>
/// </summary>
public sealed class TestMemory : IDisposable
{
    public const ulong RegionSize = 0x20_0000;
    public const ulong Seam = RegionSize;
    public const ulong Hole = 2 * RegionSize;
    public const ulong Last = 4 * RegionSize;
    private ulong next = 0x1000;

    public TestMemory() => Map = new GuestMemoryMap(new GuestMemory([Region(0), Region(Seam), Region(Last)]));

    public GuestMemoryMap Map { get; }

    public GuestMemory Memory => Map.Current;

    /// <summary>Bytes from the first region, aligned to 64.</summary>
    public GuestAddress Allocate(int length)
    {
        ulong address = next;
        next = (next + (ulong)length + 63) & ~63UL;
        return next <= RegionSize ? new GuestAddress(address) : throw new InvalidOperationException("the test's memory is used up");
    }

    /// <summary>Begins again with allocating.</summary>
    public void Forget() => next = 0x1000;

    public unsafe byte* Pointer(GuestAddress address) =>
        Memory.TryTranslate(address, out nint host, out _) ? (byte*)host : throw new ArgumentException($"{address} is not RAM");

    public byte[] Read(GuestAddress address, int length)
    {
        byte[] data = new byte[length];
        int done = 0;
        while (done < length)
        {
            int part = PieceAt(address + (ulong)done, length - done);
            Memory.Read(address + (ulong)done, data.AsSpan(done, part));
            done += part;
        }

        return data;
    }

    public void Write(GuestAddress address, ReadOnlySpan<byte> data)
    {
        int done = 0;
        while (done < data.Length)
        {
            int part = PieceAt(address + (ulong)done, data.Length - done);
            Memory.Write(address + (ulong)done, data.Slice(done, part));
            done += part;
        }
    }

    public void Dispose()
    {
        foreach (GuestMemoryRegion region in Memory.Regions)
        {
            region.Dispose();
        }
    }

    private static GuestMemoryRegion Region(ulong start) =>
        new(new GuestAddress(start), HostMapping.AllocateShared(RegionSize, "test memory"));

    private int PieceAt(GuestAddress address, int length) =>
        Memory.TryTranslate(address, out _, out ulong contiguous)
            ? (int)Math.Min((ulong)length, contiguous)
            : throw new ArgumentException($"{address} is not RAM");
}
