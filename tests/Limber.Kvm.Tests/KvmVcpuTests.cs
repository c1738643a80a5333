using System;
using System.Threading;
using Limber.Interop;
using Limber.Interop.Kvm;

namespace Limber.Kvm.Tests;

public sealed class KvmVcpuTests
{
    // mov dx, 0x80; again: mov al, 0x2a; out dx, al; in al, dx; jmp again
    private static readonly byte[] PortLoop = [0xBA, 0x80, 0x00, 0xB0, 0x2A, 0xEE, 0xEC, 0xEB, 0xFA];

    // jmp to itself
    private static readonly byte[] EndlessLoop = [0xEB, 0xFE];

    public KvmVcpuTests() => Assert.SkipUnless(TinyVm.HostHasKvm, "needs /dev/kvm");

    [Fact]
    public void Run_ReportsPortAccessesWithDirectionSizeAndData()
    {
        using var vm = new TinyVm(PortLoop);
        Assert.Equal(VcpuExit.Io, vm.Vcpu.Run());
        Assert.Equal((0x80, true, 1, 1), (vm.Vcpu.IoPort, vm.Vcpu.IoIsWrite, vm.Vcpu.IoSize, vm.Vcpu.IoCount));
        Assert.Equal(0x2A, vm.Vcpu.GetIoData(0)[0]);
        Assert.Equal(VcpuExit.Io, vm.Vcpu.Run());
        Assert.False(vm.Vcpu.IoIsWrite);
        vm.Vcpu.GetIoData(0)[0] = 0x55;
        vm.Vcpu.CompletePendingAccess();
        Assert.Equal(0x55UL, vm.Vcpu.GetRegisters().rax & 0xFF);
    }

    [Fact]
    public void Run_OfTenThousandExits_AllocatesNothing()
    {
        using var vm = new TinyVm(PortLoop);
        int sum = RunExits(vm.Vcpu, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        sum += RunExits(vm.Vcpu, 10_000);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.NotEqual(0, sum);
    }

    [Fact]
    public void Reset_GivesTheStateOfAFreshVcpu()
    {
        using var vm = new TinyVm(PortLoop);
        using KvmVcpu other = vm.CreateVcpu(3);
        kvm_regs fresh = other.GetRegisters();
        kvm_sregs freshSystem = other.GetSystemRegisters();
        kvm_sregs changed = freshSystem;
        changed.cr3 = 0x5000;
        changed.ds.@base = 0x1234;
        other.SetSystemRegisters(changed);
        other.SetRegisters(new kvm_regs { rip = 0x77, rax = 5, rflags = 2 });
        other.Reset();
        Assert.Equal((fresh.rip, fresh.rax, fresh.rflags), (other.GetRegisters().rip, other.GetRegisters().rax, other.GetRegisters().rflags));
        kvm_sregs system = other.GetSystemRegisters();
        Assert.Equal((freshSystem.cr0, 0UL, 0UL), (system.cr0, system.cr3, system.ds.@base));
        Assert.Equal((freshSystem.cs.@base, freshSystem.apic_base), (system.cs.@base, system.apic_base));
    }

    [Fact]
    public void Reset_AfterAnUnfinishedRead_DoesNotLeakItIntoTheNextLife()
    {
        using var vm = new TinyVm(PortLoop);
        vm.Vcpu.Run();
        vm.Vcpu.Run();
        vm.Vcpu.GetIoData(0)[0] = 0x99;
        vm.Vcpu.Reset();
        vm.Begin();
        vm.Vcpu.Run();
        Assert.Equal(0x2A, vm.Vcpu.GetIoData(0)[0]);
        Assert.Equal(0x2AUL, vm.Vcpu.GetRegisters().rax & 0xFF);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Kick_EndsARunThatWouldNotEnd(bool waitsForInit)
    {
        using var vm = new TinyVm(EndlessLoop);
        using KvmVcpu waiting = vm.CreateVcpu(1);
        KvmVcpu vcpu = waitsForInit ? waiting : vm.Vcpu;
        int threadId = 0;
        VcpuExit exit = VcpuExit.Failed;
        using var ready = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            vcpu.BindToCurrentThread();
            threadId = HostThread.CurrentId;
            ready.Set();
            exit = vcpu.Run();
            vcpu.DrainKicks();
        });
        thread.Start();
        ready.Wait(TestContext.Current.CancellationToken);
        Thread.Sleep(50);
        Assert.True(thread.IsAlive);
        vcpu.Kick(threadId);
        Assert.True(thread.Join(TimeSpan.FromSeconds(10)), "the kick did not end the run");
        Assert.Equal(VcpuExit.Interrupted, exit);
    }

    [Fact]
    public void CreateVcpu_Twice_NamesTheApicId()
    {
        using var vm = new TinyVm(EndlessLoop);
        KvmException e = Assert.Throws<KvmException>(() => vm.Vm.CreateVcpu(0));
        Assert.Contains("APIC id 0", e.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorNumber.EEXIST, e.ErrorNumber);
    }

    [Fact]
    public void SetInterrupt_OfAMachineThatIsGone_IsHarmless()
    {
        var vm = new TinyVm(EndlessLoop);
        vm.Dispose();
        vm.Vm.SetInterrupt(4, true);
    }

    private static int RunExits(KvmVcpu vcpu, int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            if (vcpu.Run() == VcpuExit.Io)
            {
                sum += vcpu.GetIoData(0)[0];
            }
        }

        return sum;
    }
}
