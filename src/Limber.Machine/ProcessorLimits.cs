using Limber.Acpi;
using Limber.Config;
using Limber.Control;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Kvm;

namespace Limber.Machine;

/// <summary>What the number of a machine's processors and their APIC ids ask of the host.</summary>
internal static class ProcessorLimits
{
    /// <summary>All processors that there may ever be can be created.</summary>
    /// <exception cref="VmException">Failed: a limit of KVM's or of the platform is exceeded; the text names it.</exception>
    public static void Check(CpuConfig cpus, KvmSystem kvm)
    {
        if (cpus.Max > kvm.MaxVcpus)
        {
            (string kind, int number) = cpus.Boot > kvm.MaxVcpus ? ("SMP", cpus.Boot) : ("hotpluggable", cpus.Max);
            throw new VmException(
                VmErrorCode.Failed, $"Number of {kind} cpus requested ({number}) exceeds the maximum cpus supported by KVM ({kvm.MaxVcpus})");
        }

        if (cpus.Max > CpuHotplugController.MaximumProcessors)
        {
            throw new VmException(
                VmErrorCode.Failed, $"{cpus.Max} possible processors exceed the {CpuHotplugController.MaximumProcessors} of this platform");
        }

        uint highest = cpus.Topology.MaxApicId;
        if (highest >= kvm.MaxVcpuId)
        {
            throw new VmException(
                VmErrorCode.Failed, $"the processors' highest APIC id is {highest}, and KVM takes ids up to {kvm.MaxVcpuId - 1}");
        }

        if (NeedsX2Apic(cpus) && !kvm.HasX2ApicIds)
        {
            throw new VmException(
                VmErrorCode.Failed, $"the processors' highest APIC id is {highest}, and ids from {MadtBuilder.FirstX2ApicId} on need KVM_CAP_X2APIC_API, which the host's KVM lacks");
        }
    }

    /// <summary>The processors need ids that only an x2APIC has.</summary>
    public static bool NeedsX2Apic(CpuConfig cpus) => cpus.Topology.MaxApicId >= MadtBuilder.FirstX2ApicId;
}
