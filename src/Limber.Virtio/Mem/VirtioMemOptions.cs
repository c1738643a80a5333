using System;
using System.Numerics;
using Limber.Memory;

namespace Limber.Virtio.Mem;

/// <summary>What a memory device is made of.</summary>
/// <param name="Region">Guest-physical addresses that the device may fill with memory; whole blocks.</param>
/// <param name="BlockSize">Bytes that come and go together: a power of two, at least <see cref="SmallestBlock"/>.</param>
/// <param name="RequestedSize">Bytes that the guest is asked to use at first.</param>
/// <param name="Node">NUMA node; null for none.</param>
public sealed record VirtioMemOptions(GuestRange Region, ulong BlockSize, ulong RequestedSize, ushort? Node)
{
    /// <summary>Less would split the host's huge pages.</summary>
    public const ulong SmallestBlock = 2UL << 20;

    /// <summary>One line about what is wrong, with the value and the limit; or null.</summary>
    public string? FindProblem() =>
        BlockSize < SmallestBlock || !BitOperations.IsPow2(BlockSize)
            ? $"block size 0x{BlockSize:x} is not a power of two from 0x{SmallestBlock:x} on"
        : Region.Length == 0 || Region.Length % BlockSize != 0
            ? $"size 0x{Region.Length:x} is not a multiple of the block size 0x{BlockSize:x}"
        : Region.Start.Value % BlockSize != 0
            ? $"address {Region.Start} is not a multiple of the block size 0x{BlockSize:x}"
        : FindRequestProblem(RequestedSize);

    /// <summary>As <see cref="FindProblem"/>, of another requested size.</summary>
    public string? FindRequestProblem(ulong requested) =>
        requested > Region.Length ? $"requested size 0x{requested:x} is more than the device's 0x{Region.Length:x}"
        : requested % BlockSize != 0 ? $"requested size 0x{requested:x} is not a multiple of the block size 0x{BlockSize:x}"
        : null;
}
