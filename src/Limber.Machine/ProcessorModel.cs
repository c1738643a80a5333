using System;
using System.Collections.Generic;
using Limber.Acpi;
using Limber.Config;
using Limber.Cpu;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>What every processor of a machine answers to CPUID.</summary>
internal sealed class ProcessorModel
{
    private readonly CpuSpec spec;
    private readonly CpuidBuilder builder;
    private readonly CpuidEntry[] supported;
    private readonly CpuidHostCapabilities capabilities;
    private readonly CpuTopology topology;

    /// <exception cref="CpuModelException">The model is unknown, or <c>enforce</c> was given and the host lacks a feature.</exception>
    public ProcessorModel(CpuConfig config, KvmSystem kvm)
    {
        spec = CpuSpec.Parse(config.Model);
        topology = config.Topology;
        supported = kvm.GetSupportedCpuid();
        bool x2Apic = topology.MaxApicId >= MadtBuilder.FirstX2ApicId;
        capabilities = new CpuidHostCapabilities { TscDeadlineTimer = kvm.HasTscDeadlineTimer, MsiExtendedDestinationId = x2Apic };
        builder = new CpuidBuilder(supported, spec, topology, capabilities);
        if (x2Apic && !builder.Features.Has("x2apic"))
        {
            throw new CpuModelException(
                $"the processors' highest APIC id is {topology.MaxApicId}, and ids from {MadtBuilder.FirstX2ApicId} on need the CPU feature x2apic");
        }

        Warnings = [.. BeyondRecommended(config, kvm.RecommendedVcpus), .. builder.MissingFeatures];
        if (builder.TopologyWarning is { } warning)
        {
            Warnings = [.. Warnings, warning];
        }
    }

    /// <summary>Bare name of the model as the user typed it, such as <c>qemu64</c>.</summary>
    public string Name => spec.ModelName;

    /// <summary>What the user should know: features that were asked for and that the host lacks, limits passed.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>What processors of another model would have on this host.</summary>
    /// <exception cref="CpuModelException">The model enforces a feature that the host lacks.</exception>
    public CpuFeatureSet ResolveFeatures(CpuSpec other) => new CpuidBuilder(supported, other, topology, capabilities).Features;

    /// <summary>How wide the guest's physical addresses are.</summary>
    public int PhysicalAddressBits
    {
        get
        {
            const uint AddressSizes = 0x8000_0008;
            const int Least = 36;
            CpuidEntry leaf = Array.Find(builder.Build(0), entry => entry.Function == AddressSizes);
            return Math.Max((int)(leaf.Eax & 0xFF), Least);
        }
    }

    /// <summary>What QEMU says when more processors are asked for than the host has.</summary>
    internal static IEnumerable<string> BeyondRecommended(CpuConfig config, int recommended)
    {
        (string Kind, int Number)[] requests = [("SMP", config.Boot), ("hotpluggable", config.Max)];
        foreach ((string kind, int number) in requests)
        {
            if (number > recommended)
            {
                yield return $"warning: Number of {kind} cpus requested ({number}) exceeds the recommended cpus supported by KVM ({recommended})";
            }
        }
    }

    /// <summary>The leaves of one processor.</summary>
    public CpuidEntry[] GetCpuid(int index) => builder.Build(index);
}
