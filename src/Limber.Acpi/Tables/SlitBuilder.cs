using System;

namespace Limber.Acpi;

/// <summary>System locality distance table (ACPI 6.5, 5.2.17): a square matrix of relative distances between NUMA domains.</summary>
public sealed class SlitBuilder : AcpiTableBuilder
{
    /// <summary>Distance of a domain to itself; other distances are relative to it.</summary>
    public const byte LocalDistance = 10;

    /// <summary>As distance: no way from one to the other.</summary>
    public const byte Unreachable = 255;

    // A bound of ours, 16 MiB of table; the format has none.
    private const int MaxDomains = 4096;

    private readonly byte[] distances;

    /// <summary>All domains at the same distance from each other.</summary>
    /// <param name="domains">Number of domains, 1 to 4096.</param>
    /// <param name="remoteDistance">From one domain to another.</param>
    public SlitBuilder(int domains, byte remoteDistance = 20)
        : base("SLIT", 1)
    {
        Domains = AmlCheck.Range(domains, 1, MaxDomains, "SLIT: the number of domains", nameof(domains));
        distances = new byte[domains * domains];
        Array.Fill(distances, Check(remoteDistance));
        for (int domain = 0; domain < domains; domain++)
        {
            distances[(domain * domains) + domain] = LocalDistance;
        }
    }

    /// <summary>Number of domains.</summary>
    public int Domains { get; }

    private protected override int BodySizeHint => sizeof(ulong) + distances.Length;

    /// <summary>Sets the distance from one domain to another, in this direction only.</summary>
    /// <param name="from">Domain, 0 to <see cref="Domains"/> - 1.</param>
    /// <param name="to">Another domain.</param>
    /// <param name="distance">Above <see cref="LocalDistance"/>.</param>
    public SlitBuilder SetDistance(int from, int to, byte distance)
    {
        AmlCheck.Range(from, 0, Domains - 1, "SLIT: a domain", nameof(from));
        AmlCheck.Range(to, 0, Domains - 1, "SLIT: a domain", nameof(to));
        if (from == to)
        {
            throw new ArgumentException($"SLIT: the distance of domain {from} to itself is {LocalDistance}.", nameof(to));
        }

        distances[(from * Domains) + to] = Check(distance);
        return this;
    }

    private protected override void WriteBody(AmlBuffer buffer)
    {
        buffer.QWord((ulong)Domains);
        buffer.Bytes(distances);
    }

    private static byte Check(byte distance) => distance > LocalDistance
        ? distance
        : throw new ArgumentOutOfRangeException(nameof(distance), distance, $"SLIT: a distance between domains must be above {LocalDistance}.");
}
