using System;
using Limber.Interop.Kvm;
using Limber.Memory;

namespace Limber.Kvm.Tests;

/// <summary>vCPUs with APIC ids that only x2APIC knows.</summary>
public sealed class X2ApicTests
{
    private const ulong Enabled = 1 << 11;
    private const ulong X2Apic = 1 << 10;

    public X2ApicTests() => Assert.SkipUnless(TinyVm.HostHasKvm, "needs /dev/kvm");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(300)]
    [InlineData(1023)]
    public void AllVcpus_StartAndRestartInX2ApicModeWithTheirOwnId(uint apicId)
    {
        using var system = KvmSystem.Open();
        Assert.SkipUnless(system.HasX2ApicIds, "needs KVM_CAP_X2APIC_API");
        using KvmVm vm = system.CreateVm();
        vm.CreatePlatform(new GuestAddress(0xFEFF_C000));
        vm.EnableX2ApicIds();

        // The state of this one is what the others are reset to.
        using KvmVcpu first = Create(system, vm, 7);
        using KvmVcpu vcpu = Create(system, vm, apicId);
        ExpectPowerOn(vcpu);
        kvm_sregs changed = vcpu.GetSystemRegisters();
        changed.apic_base &= ~X2Apic;
        vcpu.SetSystemRegisters(changed);
        vcpu.Reset();
        ExpectPowerOn(vcpu);
    }

    [Fact]
    public void WithoutLargeIds_VcpusStartInXApicMode()
    {
        using var vm = new TinyVm([0xF4]);
        Assert.False(vm.Vm.HasX2ApicIds);
        Assert.Equal(Enabled, vm.Vcpu.GetSystemRegisters().apic_base & (Enabled | X2Apic));
    }

    private static KvmVcpu Create(KvmSystem system, KvmVm vm, uint apicId)
    {
        KvmVcpu vcpu = vm.CreateVcpu(apicId);
        vcpu.SetCpuid(system.GetSupportedCpuid());
        return vcpu;
    }

    private static unsafe void ExpectPowerOn(KvmVcpu vcpu)
    {
        Assert.Equal(Enabled | X2Apic, vcpu.GetSystemRegisters().apic_base & (Enabled | X2Apic));
        kvm_lapic_state apic = default;
        vcpu.Get(KvmIoctl.KVM_GET_LAPIC, ref apic);
        Assert.Equal(vcpu.ApicId, *(uint*)(apic.regs + 0x20));
    }
}
