namespace Limber.Cpu;

/// <summary>
/// The leaves by which a guest recognizes KVM.
/// Source: Linux Documentation/virt/kvm/x86/cpuid.rst; the timing leaf follows VMware's convention.
/// </summary>
internal static class ParavirtualLeaves
{
    internal const uint Signature = 0x40000000;
    internal const uint Features = 0x40000001;

    private const uint Timing = 0x40000010;

    // KVM's local APIC timer counts nanoseconds.
    private const uint LocalApicBusKhz = 1_000_000;

    internal static void Add(CpuidTable table, CpuFeatureSet features, uint tscKhz)
    {
        uint highest = tscKhz == 0 ? Features : Timing;

        // "KVMKVMKVM" and three zero bytes.
        table.Set(Signature, highest, 0x4b4d564b, 0x564b4d56, 0x0000004d);
        table.Set(Features, features[CpuFeatureWord.KvmEax], 0, 0, features[CpuFeatureWord.KvmEdx]);
        if (tscKhz != 0)
        {
            table.Set(Timing, tscKhz, LocalApicBusKhz, 0, 0);
        }
    }
}
