using System;
using System.Threading;
using Limber.Device;
using Limber.Interop.Kvm;

namespace Limber.Kvm.Tests;

/// <summary>Messages arrive in the interrupt request register of the local APIC, without any guest code.</summary>
public sealed class KvmMsiTests
{
    private const int SpuriousVectorRegister = 0xF0;
    private const int InterruptRequestRegister = 0x200;

    private static readonly byte[] EndlessLoop = [0xEB, 0xFE];

    public KvmMsiTests() => Assert.SkipUnless(TinyVm.HostHasKvm, "needs /dev/kvm");

    [Fact]
    public void Signal_WhileUnmasked_RequestsTheVectorOfTheMessage()
    {
        using var vm = new TinyVm(EndlessLoop);
        EnableLocalApic(vm.Vcpu);
        using IMsiVector vector = vm.Vm.CreateMsiController().Allocate();
        Assert.True(vector.Unmask(Message(0x41)));
        Assert.False(IsRequested(vm.Vcpu, 0x41));

        vector.Signal();

        Assert.True(IsRequested(vm.Vcpu, 0x41));
        Assert.False(vector.IsPending);
    }

    [Fact]
    public void Signal_WhileMasked_IsDeliveredByUnmask()
    {
        using var vm = new TinyVm(EndlessLoop);
        EnableLocalApic(vm.Vcpu);
        using IMsiVector vector = vm.Vm.CreateMsiController().Allocate();
        vector.Unmask(Message(0x51));
        vector.Mask();

        vector.Signal();

        Assert.True(vector.IsPending);
        Assert.False(IsRequested(vm.Vcpu, 0x51));
        Assert.True(vector.Unmask(Message(0x52)));

        // What the event held when it was connected is delivered by the kernel's own thread, soon after.
        Assert.True(SpinWait.SpinUntil(() => IsRequested(vm.Vcpu, 0x52), TimeSpan.FromSeconds(20)));
        Assert.False(IsRequested(vm.Vcpu, 0x51));
        Assert.False(vector.IsPending);
    }

    [Fact]
    public void Vectors_KeepTheirMessages_WhenOthersComeAndGo()
    {
        using var vm = new TinyVm(EndlessLoop);
        EnableLocalApic(vm.Vcpu);
        KvmMsiController controller = vm.Vm.CreateMsiController();
        IMsiVector[] vectors = [controller.Allocate(), controller.Allocate(), controller.Allocate()];
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i].Unmask(Message((byte)(0x60 + i)));
        }

        vectors[0].Dispose();
        using IMsiVector late = controller.Allocate();
        late.Unmask(Message(0x70));
        vectors[1].Signal();
        vectors[2].Signal();
        late.Signal();

        Assert.False(IsRequested(vm.Vcpu, 0x60));
        Assert.True(IsRequested(vm.Vcpu, 0x61));
        Assert.True(IsRequested(vm.Vcpu, 0x62));
        Assert.True(IsRequested(vm.Vcpu, 0x70));
        vectors[1].Dispose();
        vectors[2].Dispose();
    }

    private static MsiMessage Message(byte vector) => new(0xFEE0_0000, vector);

    private static unsafe void EnableLocalApic(KvmVcpu vcpu)
    {
        kvm_lapic_state apic = default;
        vcpu.Get(KvmIoctl.KVM_GET_LAPIC, ref apic);
        apic.regs[SpuriousVectorRegister] = 0xFF;
        apic.regs[SpuriousVectorRegister + 1] = 1;
        vcpu.Set(KvmIoctl.KVM_SET_LAPIC, ref apic);
    }

    private static unsafe bool IsRequested(KvmVcpu vcpu, byte vector)
    {
        kvm_lapic_state apic = default;
        vcpu.Get(KvmIoctl.KVM_GET_LAPIC, ref apic);
        int register = InterruptRequestRegister + (vector / 32 * 0x10);
        return (BitConverter.ToUInt32(new ReadOnlySpan<byte>(apic.regs + register, 4)) & (1u << (vector % 32))) != 0;
    }
}
