using System;
using System.Runtime.InteropServices;
using Limber.Device;
using Limber.Interop.Kvm;

namespace Limber.Kvm.Tests;

/// <summary>
/// What was sent to a vCPU and not acted on when it is reset: messages with INIT, SIPI and NMI, as a guest or its devices may
/// send them to a processor that is parked.
/// </summary>
public sealed class KvmVcpuPendingTests
{
    private const uint Target = 3;
    private const uint Init = 0x500;
    private const uint StartAt0x10000 = 0x610;
    private const uint Nmi = 0x400;

    // KVM_MP_STATE_*: waits for INIT; waits for SIPI.
    private const uint Uninitialized = 1;
    private const uint InitReceived = 2;
    private const uint Runnable = 0;

    private static readonly byte[] EndlessLoop = [0xEB, 0xFE];

    public KvmVcpuPendingTests() => Assert.SkipUnless(TinyVm.HostHasKvm, "needs /dev/kvm");

    [Fact]
    public void InitAndSipi_ByMessage_StartAProcessor()
    {
        // What the other tests rely on.
        using var vm = new TinyVm(EndlessLoop);
        using KvmVcpu vcpu = vm.CreateVcpu(Target);
        Send(vm, Init);
        Assert.Equal(InitReceived, vcpu.GetMpState());
        Send(vm, StartAt0x10000);
        Assert.Equal(Runnable, vcpu.GetMpState());
        Assert.Equal(0x10000UL, vcpu.GetSystemRegisters().cs.@base);
    }

    [Fact]
    public void Reset_WithAStartThatNobodyTook_LeavesNothingForTheNextInit()
    {
        using var vm = new TinyVm(EndlessLoop);
        using KvmVcpu vcpu = vm.CreateVcpu(Target);
        Send(vm, Init);
        Send(vm, StartAt0x10000);

        vcpu.Reset();

        Send(vm, Init);
        Assert.Equal(InitReceived, vcpu.GetMpState());
    }

    [Fact]
    public void Reset_BetweenInitAndSipi_LeavesNothingForTheNextInit()
    {
        using var vm = new TinyVm(EndlessLoop);
        using KvmVcpu vcpu = vm.CreateVcpu(Target);
        Send(vm, Init);
        Assert.Equal(InitReceived, vcpu.GetMpState());
        Send(vm, StartAt0x10000);

        vcpu.Reset();

        Assert.Equal(Uninitialized, vcpu.GetMpState());
        Send(vm, Init);
        Assert.Equal(InitReceived, vcpu.GetMpState());
    }

    [Fact]
    public void Reset_WithAnInitThatNobodyTook_WaitsForAnother()
    {
        using var vm = new TinyVm(EndlessLoop);
        using KvmVcpu vcpu = vm.CreateVcpu(Target);
        Send(vm, Init);
        vcpu.Reset();
        Assert.Equal(Uninitialized, vcpu.GetMpState());
    }

    [Fact]
    public void Reset_OfTheBootProcessorWithAnInitAndAnNmi_IsAsFresh()
    {
        using var vm = new TinyVm(EndlessLoop);
        byte[] fresh = GetEvents(vm.Vcpu);
        Send(vm, Init, target: 0);
        Send(vm, Nmi, target: 0);

        vm.Vcpu.Reset();

        Assert.Equal(Runnable, vm.Vcpu.GetMpState());
        Assert.Equal(fresh, GetEvents(vm.Vcpu));
        Assert.Equal(0xFFFF_0000UL, vm.Vcpu.GetSystemRegisters().cs.@base);
        Assert.Equal(0xFFF0UL, vm.Vcpu.GetRegisters().rip);
    }

    private static void Send(TinyVm vm, uint data, uint target = Target)
    {
        using IMsiVector vector = vm.Vm.CreateMsiController().Allocate();
        Assert.True(vector.Unmask(new MsiMessage(0xFEE0_0000 | (target << 12), data)));
        vector.Signal();
    }

    private static byte[] GetEvents(KvmVcpu vcpu)
    {
        kvm_vcpu_events events = default;
        vcpu.Get(KvmIoctl.KVM_GET_VCPU_EVENTS, ref events);
        return MemoryMarshal.AsBytes(new ReadOnlySpan<kvm_vcpu_events>(in events)).ToArray();
    }
}
