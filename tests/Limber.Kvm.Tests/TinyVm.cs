using System;
using System.IO;
using Limber.Cpu;
using Limber.Interop;
using Limber.Interop.Kvm;
using Limber.Kvm;
using Limber.Memory;

namespace Limber.Kvm.Tests;

/// <summary>A machine of one page of RAM at 0x1000 and one vCPU in real mode that begins there.</summary>
internal sealed class TinyVm : IDisposable
{
    public const ulong CodeAddress = 0x1000;

    private readonly KvmSystem system = KvmSystem.Open();
    private readonly GuestMemoryRegion region = new(new GuestAddress(0), HostMapping.AllocatePrivate(0x10000, "test"));

    public TinyVm(ReadOnlySpan<byte> code)
    {
        Vm = system.CreateVm();
        Vm.CreatePlatform(new GuestAddress(0xFEFF_C000));
        Vm.MemorySlots.Map(region);
        new GuestMemory([region]).Write(new GuestAddress(CodeAddress), code);
        Vcpu = CreateVcpu(0);
        Begin();
    }

    public static bool HostHasKvm => File.Exists("/dev/kvm");

    public KvmVm Vm { get; }

    public KvmVcpu Vcpu { get; }

    public KvmVcpu CreateVcpu(uint apicId)
    {
        KvmVcpu vcpu = Vm.CreateVcpu(apicId);
        vcpu.SetCpuid(system.GetSupportedCpuid());
        return vcpu;
    }

    public CpuidEntry[] GetSupportedCpuid() => system.GetSupportedCpuid();

    /// <summary>The host loses the guest's pages.</summary>
    public void TakeMemoryAway() => region.Dispose();

    /// <summary>Points the vCPU at the code.</summary>
    public void Begin()
    {
        kvm_sregs segments = Vcpu.GetSystemRegisters();
        segments.cs.@base = 0;
        segments.cs.selector = 0;
        Vcpu.SetSystemRegisters(segments);
        Vcpu.SetRegisters(new kvm_regs { rip = CodeAddress, rflags = 2 });
    }

    public void Dispose()
    {
        Vcpu.Dispose();
        Vm.Dispose();
        region.Dispose();
        system.Dispose();
    }
}
