using System.Globalization;

namespace Limber.Cpu;

/// <summary>
/// The CPU options of Cloud Hypervisor: <c>boot</c>, <c>max</c> and
/// <c>topology=threads_per_core:cores_per_die:dies_per_package:packages</c>.
/// </summary>
public static class CloudHypervisorTopology
{
    private const int MaxThreadsPerCore = 2;

    /// <summary>Resolves the options; without a topology all CPUs are cores of one package.</summary>
    /// <param name="bootCpus">CPUs at boot.</param>
    /// <param name="maxCpus">Slots.</param>
    /// <param name="topology">The four counts, or null.</param>
    /// <exception cref="SmpException">The message names what is wrong.</exception>
    public static SmpConfiguration Resolve(long bootCpus, long maxCpus, string? topology)
    {
        if (bootCpus < 1)
        {
            throw new SmpException($"boot CPU count {bootCpus} must be at least 1");
        }

        if (maxCpus < bootCpus)
        {
            throw new SmpException($"maximum CPU count {maxCpus} is lower than the boot CPU count {bootCpus}");
        }

        if (maxCpus > CpuTopology.MaxTotal)
        {
            throw new SmpException($"maximum CPU count {maxCpus} exceeds {CpuTopology.MaxTotal}");
        }

        CpuTopology resolved = topology is null
            ? new CpuTopology(1, 1, 1, (int)maxCpus, 1)
            : Parse(topology, (int)maxCpus);
        return new SmpConfiguration((int)bootCpus, (int)maxCpus, resolved);
    }

    private static CpuTopology Parse(string text, int maxCpus)
    {
        string[] parts = text.Split(':');
        if (parts.Length != 4)
        {
            throw new SmpException(
                $"CPU topology '{text}' must be threads_per_core:cores_per_die:dies_per_package:packages");
        }

        int[] counts = new int[4];
        for (int i = 0; i < counts.Length; i++)
        {
            if (!ushort.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out ushort count) || count == 0)
            {
                throw new SmpException($"'{parts[i]}' in CPU topology '{text}' must be a number from 1 to {ushort.MaxValue}");
            }

            counts[i] = count;
        }

        // Four 16-bit factors fit an unsigned 64-bit product.
        ulong product = (ulong)counts[0] * (ulong)counts[1] * (ulong)counts[2] * (ulong)counts[3];
        if (product != (ulong)maxCpus)
        {
            throw new SmpException($"product {product} of CPU topology '{text}' must equal the maximum CPU count {maxCpus}");
        }

        if (counts[0] > MaxThreadsPerCore)
        {
            throw new SmpException($"{counts[0]} threads per core in CPU topology '{text}' exceed {MaxThreadsPerCore}");
        }

        return new CpuTopology(Sockets: counts[3], Dies: counts[2], Modules: 1, Cores: counts[1], Threads: counts[0]);
    }
}
