namespace Limber.Pci;

/// <summary>
/// The addresses that belong to PCI, as the host bridge's <c>_CRS</c> tells them. BARs answer inside them only, so that no
/// guest puts one over RAM or over another part of the platform.
/// </summary>
/// <param name="Mmio32Start">First window below 4 GiB; the one the VMM assigns from.</param>
/// <param name="Mmio32Length">Bytes.</param>
/// <param name="Mmio64Start">Window above 4 GiB and above all memory there is or can be plugged.</param>
/// <param name="Mmio64Length">Bytes.</param>
/// <param name="IoStart">First port.</param>
/// <param name="IoLength">Number of ports.</param>
/// <param name="EcamBase">Configuration space, 1 MiB a bus, 256 MiB aligned.</param>
public sealed record PciWindows(
    ulong Mmio32Start,
    ulong Mmio32Length,
    ulong Mmio64Start,
    ulong Mmio64Length,
    ulong IoStart,
    ulong IoLength,
    ulong EcamBase)
{
    /// <summary>Bytes of configuration space of 256 buses: what is kept free for it.</summary>
    public const ulong EcamLength = 0x1000_0000;

    /// <summary>Most buses there can be.</summary>
    public const int MaximumBuses = 256;

    /// <summary>
    /// Buses that the guest is told of, from number 0: the root bus and one behind each port, 1..256. Linux asks every
    /// possible device of every other bus that it is told of, so 256 cost some 16,000 VM exits at boot.
    /// </summary>
    public int BusCount { get; init; } = MaximumBuses;

    /// <summary>Bytes of configuration space of those buses.</summary>
    public ulong ConfigurationLength => (ulong)BusCount << 20;

    /// <summary>Second window below 4 GiB.</summary>
    public ulong Mmio32HighStart { get; init; }

    /// <summary>Bytes; 0 when there is none.</summary>
    public ulong Mmio32HighLength { get; init; }

    internal bool ContainsMemory(ulong start, ulong length) =>
        Contains(Mmio32Start, Mmio32Length, start, length)
        || Contains(Mmio32HighStart, Mmio32HighLength, start, length)
        || Contains(Mmio64Start, Mmio64Length, start, length);

    internal bool ContainsPorts(ulong start, ulong length) => Contains(IoStart, IoLength, start, length);

    private static bool Contains(ulong outerStart, ulong outerLength, ulong start, ulong length) =>
        length <= outerLength && start >= outerStart && start - outerStart <= outerLength - length;
}
