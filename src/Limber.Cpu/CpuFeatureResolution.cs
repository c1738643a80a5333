using System.Collections.Generic;
using System.Linq;

namespace Limber.Cpu;

/// <summary>What model, user and host agree on.</summary>
/// <param name="Effective">Features of the guest.</param>
/// <param name="Missing">Features that model or user ask for and the host lacks.</param>
/// <param name="Baseless">Features that the user asks for, built on others that nobody asks for.</param>
internal sealed record CpuFeatureResolution(CpuFeatureSet Effective, CpuFeatureSet Missing, CpuFeatureSet Baseless)
{
    // The in-kernel local APIC and KVM itself provide these for every model.
    private static readonly CpuFeatureSet s_fromKvm = CpuFeatureSet.Parse(
        "x2apic tsc-deadline hypervisor kvmclock kvmclock-stable-bit kvm-nopiodelay kvm-steal-time kvm-pv-eoi " +
        "kvm-pv-unhalt kvm-asyncpf kvm-asyncpf-int kvm-msi-ext-dest-id");

    // Nested virtualization, MWAIT and thermal control belong to the real CPUs and are for the asking only.
    private static readonly CpuFeatureSet s_onlyIfAsked = CpuFeatureSet.Parse("svm vmx monitor acpi");

    // Recomputed from the topology, whatever the model or the host says.
    private static readonly CpuFeatureSet s_fromTopology = CpuFeatureSet.Parse("ht cmp-legacy");

    // An enclave page cache is not offered, and KVM refuses SGX leaves without one.
    private static readonly CpuFeatureSet s_notOffered = CpuFeatureSet.Parse("sgx sgxlc");

    // Emulated without any help of the processor.
    private static readonly CpuFeatureSet s_alwaysPossible = CpuFeatureSet.Parse("hypervisor arat topoext kvm-hint-dedicated");

    internal static CpuFeatureResolution Resolve(
        CpuFeatureSet hostFeatures, CpuSpec spec, CpuidHostCapabilities capabilities)
    {
        CpuModelOptions options = spec.Options;
        CpuFeatureSet possible = Possible(hostFeatures, capabilities);
        CpuFeatureSet own = spec.Model.IsHost ? HostModel(possible, hostFeatures) : spec.Model.Features.Except(s_onlyIfAsked);
        CpuFeatureSet removed = options.Disabled.Union(Unwanted(options));

        CpuFeatureSet wanted = own.Union(options.Enabled).Except(removed).Except(s_fromTopology);
        CpuFeatureSet asked = CpuFeatureDependencies.Apply(wanted);
        CpuFeatureSet baseless = wanted.Except(asked).Intersect(options.Enabled);
        CpuFeatureSet all = asked.Union(s_fromKvm.Except(removed));
        CpuFeatureSet effective = CpuFeatureDependencies.Apply(all.Intersect(possible));
        return new CpuFeatureResolution(effective, asked.Except(possible), baseless);
    }

    /// <summary>One line for each feature that was asked for and that the guest does not get.</summary>
    internal IReadOnlyList<string> Warnings() =>
    [
        .. Baseless.Describe().Select(static feature => $"warning: This feature depends on other features that were not requested: {feature}"),
        .. Missing.Describe().Select(static feature => $"warning: host doesn't support requested feature: {feature}"),
    ];

    private static CpuFeatureSet Possible(CpuFeatureSet host, CpuidHostCapabilities capabilities)
    {
        CpuFeatureSet possible = host.Union(s_alwaysPossible).Except(s_notOffered).Except(s_fromTopology);
        if (capabilities.TscDeadlineTimer)
        {
            possible = possible.Union(CpuFeatureSet.Parse("tsc-deadline"));
        }

        if (capabilities.MsiExtendedDestinationId)
        {
            possible = possible.Union(CpuFeatureSet.Parse("kvm-msi-ext-dest-id"));
        }

        // KVM mirrors CR4.OSXSAVE and CR4.PKE into these bits while the guest runs.
        const uint osXsave = 1u << 27;
        const uint osPke = 1u << 4;
        return possible
            .With(CpuFeatureWord.Leaf1Ecx, possible[CpuFeatureWord.Leaf1Ecx] & ~osXsave)
            .With(CpuFeatureWord.Leaf7Ecx, possible[CpuFeatureWord.Leaf7Ecx] & ~osPke);
    }

    // "Everything the host has" does not include a promise that no vCPU is ever descheduled, nor AMD's
    // topology leaves on a host that does not know them.
    private static CpuFeatureSet HostModel(CpuFeatureSet possible, CpuFeatureSet hostFeatures)
    {
        CpuFeatureSet own = possible.Except(CpuFeatureSet.Parse("kvm-hint-dedicated"));
        return hostFeatures.Has("topoext") ? own : own.Except(CpuFeatureSet.Parse("topoext"));
    }

    private static CpuFeatureSet Unwanted(CpuModelOptions options)
    {
        CpuFeatureSet unwanted = CpuFeatureSet.Empty;
        if (options.Pmu == false)
        {
            unwanted = unwanted.Union(CpuFeatureSet.Parse("pdcm perfctr-core perfctr-nb"));
        }

        return options.Migratable ? unwanted.Union(CpuFeatureSet.Parse("invtsc")) : unwanted;
    }
}
