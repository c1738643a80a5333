using System;
using Limber.Interop.Kvm;

namespace Limber.Kvm.Tests;

/// <summary>What a vCPU takes along from one life to the next: nothing.</summary>
public sealed class KvmVcpuResetTests
{
    private const uint MsrTimeStampCounter = 0x10;
    private const uint MsrMtrrDefaultType = 0x2FF;

    // mov ax, 0x2000; mov ds, ax; xor si, si; mov di, 0x3000; mov cx, 4; rep movsb; jmp to itself
    private static readonly byte[] FourReadsOfOneInstruction =
        [0xB8, 0x00, 0x20, 0x8E, 0xD8, 0x31, 0xF6, 0xBF, 0x00, 0x30, 0xB9, 0x04, 0x00, 0xF3, 0xA4, 0xEB, 0xFE];

    public KvmVcpuResetTests() => Assert.SkipUnless(TinyVm.HostHasKvm, "needs /dev/kvm");

    [Fact]
    public void CompletePendingAccess_OfAnInstructionWithSeveral_HandsOutTheNext()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        Assert.Equal(VcpuExit.Mmio, vm.Vcpu.Run());
        ulong address = 0x20000;
        VcpuExit exit = VcpuExit.Mmio;
        while (exit == VcpuExit.Mmio)
        {
            Assert.Equal(address, vm.Vcpu.MmioAddress);
            vm.Vcpu.MmioData.Fill(0x11);
            address += (ulong)vm.Vcpu.MmioData.Length;
            exit = vm.Vcpu.CompletePendingAccess();
        }

        Assert.Equal(VcpuExit.Interrupted, exit);
        Assert.Equal(VcpuExit.Interrupted, vm.Vcpu.CompletePendingAccess());
        Assert.Equal(0x20004 - address, vm.Vcpu.GetRegisters().rcx);
    }

    [Fact]
    public void Reset_InTheMiddleOfAnInstruction_FinishesAllOfIt()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        Assert.Equal(VcpuExit.Mmio, vm.Vcpu.Run());
        vm.Vcpu.Reset();
        vm.Begin();
        Assert.Equal(VcpuExit.Mmio, vm.Vcpu.Run());
        Assert.Equal(0x20000UL, vm.Vcpu.MmioAddress);
        Assert.Equal(4UL, vm.Vcpu.GetRegisters().rcx & 0xFFFF);
    }

    [Fact]
    public void Reset_ReturnsRegistersToWhatFirmwareHadSet()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        using KvmVcpu vcpu = vm.Vm.CreateVcpu(3);
        vcpu.SetCpuid(vm.GetSupportedCpuid(), [(MsrMtrrDefaultType, 0x806)]);
        vcpu.SetMsr(MsrMtrrDefaultType, 0xC00);
        vcpu.Reset();
        Assert.Equal(0x806UL, Read(vcpu, MsrMtrrDefaultType));
    }

    [Fact]
    public void Reset_OfACounterThatTheGuestMoved_GoesWithTheOthersAgain()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        using KvmVcpu vcpu = vm.CreateVcpu(3);
        vcpu.SetMsr(MsrTimeStampCounter, 1UL << 55);
        Assert.SkipWhen(Read(vcpu, MsrTimeStampCounter) < 1UL << 55, "this host's KVM does not let the counter be moved");
        vcpu.Reset();
        Assert.InRange(Read(vcpu, MsrTimeStampCounter), 0UL, 1UL << 54);
    }

    [Fact]
    public void SetCpuid_ThatWasRefused_CanBeTriedAgain()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        using KvmVcpu vcpu = vm.Vm.CreateVcpu(3);
        Assert.Throws<KvmException>(() => vcpu.SetCpuid(new Cpu.CpuidEntry[1000]));
        Assert.False(vcpu.IsReady);
        vcpu.SetCpuid(vm.GetSupportedCpuid());
        Assert.True(vcpu.IsReady);
        vcpu.Reset();
    }

    [Fact]
    public void DescribeFailure_OfMemoryThatIsGone_NamesTheHostsReason()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        vm.TakeMemoryAway();
        Assert.Equal(VcpuExit.Failed, vm.Vcpu.Run());
        string description = vm.Vcpu.DescribeFailure();
        Assert.SkipWhen(description.Contains("internal error", StringComparison.Ordinal), "this host's KVM emulates the guest");
        Assert.Contains("Bad address", description, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteMsrs_WithOneThatIsRefused_WritesTheOthers()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        using KvmVcpu vcpu = vm.CreateVcpu(3);
        var entries = new kvm_msr_entry[200];
        Array.Fill(entries, new kvm_msr_entry { index = MsrMtrrDefaultType, data = 0xC00 });
        entries[0].index = 0x12345;
        entries[150].index = 0x12345;
        entries[^1].data = 0x806;

        vcpu.Msrs.Write(entries);

        Assert.Equal(0x806UL, Read(vcpu, MsrMtrrDefaultType));
    }

    [Fact]
    public void ReadMsrs_WithSomeThatTheHostLacks_ReadsTheOthers()
    {
        using var vm = new TinyVm(FourReadsOfOneInstruction);
        using KvmVcpu vcpu = vm.CreateVcpu(3);
        vcpu.SetMsr(MsrMtrrDefaultType, 0x806);
        var wanted = new uint[300];
        Array.Fill(wanted, MsrMtrrDefaultType);
        foreach (int missing in (int[])[0, 1, 127, 128, 299])
        {
            wanted[missing] = 0x12345;
        }

        kvm_msr_entry[] read = vcpu.Msrs.Read(wanted);

        Assert.Equal(295, read.Length);
        Assert.All(read, e => Assert.Equal((MsrMtrrDefaultType, 0x806UL), (e.index, e.data)));
    }

    private static ulong Read(KvmVcpu vcpu, uint index) => Assert.Single(vcpu.Msrs.Read([index])).data;
}
