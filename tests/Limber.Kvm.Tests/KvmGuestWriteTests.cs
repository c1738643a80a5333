using System;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Kvm.Tests;

/// <summary>What becomes of guest writes outside of RAM: to the bus, to an event, or to mapped pages.</summary>
public sealed class KvmGuestWriteTests
{
    private const ulong Target = 0x20000;

    // mov ax, 0x2000; mov ds, ax; mov word [0], 0x1234; mov al, [0]; out 0x80, al; hlt
    private static readonly byte[] Code =
        [0xB8, 0x00, 0x20, 0x8E, 0xD8, 0xC7, 0x06, 0x00, 0x00, 0x34, 0x12, 0xA0, 0x00, 0x00, 0xE6, 0x80, 0xF4];

    public KvmGuestWriteTests() => Assert.SkipUnless(TinyVm.HostHasKvm, "needs /dev/kvm");

    [Fact]
    public void BoundAddress_SignalsTheEvent_AndTheBusSeesOnlyTheRead()
    {
        using var vm = new TinyVm(Code);
        using var e = new HostEvent();
        using IDisposable? binding = vm.Vm.CreateDoorbellController().Bind(Target, e);
        Assert.NotNull(binding);

        Assert.Equal(VcpuExit.Mmio, vm.Vcpu.Run());

        Assert.False(vm.Vcpu.MmioIsWrite);
        Assert.True(e.Clear());
    }

    [Fact]
    public void UnboundAddress_ReachesTheBusAgain()
    {
        using var vm = new TinyVm(Code);
        using var e = new HostEvent();
        vm.Vm.CreateDoorbellController().Bind(Target, e)!.Dispose();

        Assert.Equal(VcpuExit.Mmio, vm.Vcpu.Run());

        Assert.True(vm.Vcpu.MmioIsWrite);
        Assert.Equal(Target, vm.Vcpu.MmioAddress);
        Assert.False(e.IsSignalled);
    }

    [Fact]
    public unsafe void MappedPages_TakeTheWrite()
    {
        using var vm = new TinyVm(Code);
        using HostMapping pages = HostMapping.AllocatePrivate(4096, "test");
        KvmMemorySlots slots = vm.Vm.MemorySlots;
        using IDisposable ram = slots.Map(new GuestMemoryRegion(new GuestAddress(0x10_0000), HostMapping.AllocatePrivate(4096, "other")));
        IDisposable mapping = slots.Map(Target, pages.Address, 4096, readOnly: false);
        Assert.Equal(3, slots.Count);

        Assert.Equal(VcpuExit.Io, vm.Vcpu.Run());

        Assert.Equal(0x34, vm.Vcpu.GetIoData(0)[0]);
        Assert.Equal(0x1234, *(ushort*)pages.Address);
        mapping.Dispose();
        Assert.Equal(2, slots.Count);
    }

    [Fact]
    public unsafe void ReadOnlyPages_ReadButSendWritesToTheBus()
    {
        using var vm = new TinyVm(Code);
        using HostMapping pages = HostMapping.AllocatePrivate(4096, "test");
        *(byte*)pages.Address = 0x77;
        using IDisposable mapping = vm.Vm.MemorySlots.Map(Target, pages.Address, 4096, readOnly: true);

        Assert.Equal(VcpuExit.Mmio, vm.Vcpu.Run());
        Assert.True(vm.Vcpu.MmioIsWrite);
        Assert.Equal(VcpuExit.Io, vm.Vcpu.Run());
        Assert.Equal(0x77, vm.Vcpu.GetIoData(0)[0]);
    }
}
