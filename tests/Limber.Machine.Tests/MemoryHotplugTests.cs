using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Machine.Tests;

/// <summary>DIMMs and virtio-mem devices of whole machines, with guests of a few instructions.</summary>
public sealed class MemoryHotplugTests
{
    private const ulong MiB = 1UL << 20;
    private const ulong Base = 16 * MiB;
    private const ulong Granule = 128 * MiB;
    private const int Slots = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public MemoryHotplugTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static VirtualMachine Create(TinyGuest guest, Func<VmConfig, VmConfig>? change = null) => guest.Create(1, 1, c =>
    {
        c = c with { Memory = c.Memory with { Slots = Slots, MaximumSize = Base + (16 * Granule) } };
        return change?.Invoke(c) ?? c;
    });

    private static DimmConfig Dimm(string? id, ulong size = Granule) => new()
    {
        Id = id,
        Memory = new MemoryBackendConfig { Name = id ?? "own", Size = size },
    };

    private static Task<OperationSnapshot> End(IHotplugOperation operation) => operation.Completion.WaitAsync(Patience, Stop);

    [Fact]
    public async Task Dimms_BeforeTheStart_AreSimplyThere()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, c => c with { Dimms = [Dimm("cold", 2 * Granule) with { Slot = 2 }] });
        IHotplugOperation plug = vm.Memory.PlugDimm(Dimm(null));
        Assert.Equal(OperationState.Completed, plug.Current.State);
        Assert.Equal(new MemorySummary(Base, 3 * Granule, Base + (16 * Granule), Slots), vm.Memory.GetSummary());
        IReadOnlyList<MemoryDeviceInfo> devices = vm.Memory.GetMemoryDevices();
        Assert.Equal([4UL << 30, (4UL << 30) + (2 * Granule)], devices.Select(d => d.Address));
        Assert.Equal([("cold", 2, "/machine/peripheral/cold"), (null, 0, "/machine/peripheral-anon/device[0]")], devices.Select(d => (d.Id, d.Slot, d.Path)));
        Assert.All(devices, d => Assert.Equal((MemoryDeviceKind.Dimm, d.MaximumSize, false), (d.Kind, d.Size, d.IsHotplugged)));
        Assert.Equal(OperationState.Completed, (await End(vm.Memory.UnplugDimm("cold"))).State);
        Assert.Equal(Granule, vm.Memory.GetSummary().PluggedSize);
        vm.Resume();
    }

    [Fact]
    public void HugePages_ThatTheHostLacks_AreAnErrorThatLeavesNothing()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, c => c with { Memory = c.Memory with { MaximumSize = 1UL << 41 } });
        vm.Memory.AddBackend(new MemoryBackendConfig { Name = "huge", Size = 1UL << 40, Kind = MemoryBackendKind.Memfd, HugePages = true });
        VmException e = Assert.Throws<VmException>(() => vm.Memory.PlugDimm(new DimmConfig { Backend = "huge" }));
        Assert.Equal(VmErrorCode.HostFailure, e.Code);
        Assert.Contains("memory backend 'huge' in huge pages of ", e.Message, StringComparison.Ordinal);
        Assert.Empty(vm.Memory.GetMemoryDevices());
        vm.Memory.RemoveBackend("huge");
    }

    [Fact]
    public void Maximum_ThatLeavesDevicesNoAddresses_IsRefused()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        VmException e = Assert.Throws<VmException>(() => Create(guest, c => c with { Memory = c.Memory with { MaximumSize = 1UL << 45, Slots = 0 } }));
        Assert.StartsWith("maximum memory size 0x200000000000 with 0 slots needs addresses beyond 0x", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MemoryBackendKind.Ram, null, "memory backend 'm' has huge pages, which only memory-backend-memfd can have")]
    [InlineData(MemoryBackendKind.Memfd, 1UL << 40, "the huge page size of memory backend 'm': 1099511627776 does not divide the 134217728 bytes of memory")]
    public void HugePages_ThatCannotBe_AreRefusedByName(MemoryBackendKind kind, ulong? page, string expected)
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        VmException e = Assert.Throws<VmException>(
            () => vm.Memory.AddBackend(new MemoryBackendConfig { Name = "m", Size = Granule, Kind = kind, HugePages = true, HugePageSize = page }));
        Assert.Equal(expected, e.Message);
    }

    [Fact]
    public void BootMemory_ThatIsAllocatedBeforehand_RunsAsAnyOther()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, c => c with { Memory = c.Memory with { Preallocate = true } });
        vm.Resume();
        Assert.Equal(RunState.Running, vm.State);
    }

    [Fact]
    public async Task Dimm_ThatTheGuestTakesAndGivesBack_Completes()
    {
        var words = new MemoryWords(Slots);
        using var guest = new TinyGuest(c =>
        {
            words.AcceptInsert(c, 0);
            words.AwaitRemoval(c, 0);
            words.Ost(c, 0, 3, 0x84);
            words.Eject(c, 0);
            words.Ost(c, 0, 3, 0);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = Create(guest);
        var events = new List<VmEvent>();
        var emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable subscription = vm.Subscribe(e =>
        {
            lock (events)
            {
                events.Add(e);
            }

            if (e is VmEvent.AcpiDeviceOst { Id: null, Class: DeviceClass.Dimm, Slot: 0, Source: 3, Status: 0 })
            {
                emptied.TrySetResult();
            }
        });
        vm.Resume();
        vm.Memory.AddBackend(new MemoryBackendConfig { Name = "m0", Size = 16 * Granule });
        IHotplugOperation plug = vm.Memory.PlugDimm(new DimmConfig { Id = "d0", Backend = "m0" });
        Assert.Equal((OperationState.Completed, OperationKind.MemoryPlug), ((await End(plug)).State, plug.Current.Kind));
        MemoryDeviceInfo device = Assert.Single(vm.Memory.GetMemoryDevices());
        Assert.Equal(("d0", true, "m0", 16 * Granule), (device.Id, device.IsHotplugged, device.BackendName, device.Size));
        Assert.Equal("/machine/peripheral/d0", Assert.Single(vm.Memory.GetBackends()).UserPath);
        Assert.Equal(VmErrorCode.BackendInUse, Assert.Throws<VmException>(() => vm.Memory.RemoveBackend("m0")).Code);
        OperationSnapshot removal = await End(vm.Memory.UnplugDimm("d0"));
        Assert.Equal((OperationState.Completed, "ejected by the guest"), (removal.State, removal.Detail));
        Assert.Empty(vm.Memory.GetMemoryDevices());
        vm.Memory.RemoveBackend("m0");
        await emptied.Task.WaitAsync(Patience, Stop);
        lock (events)
        {
            Assert.Contains(events, e => e is VmEvent.DeviceDeleted { Id: "d0" });
            Assert.Contains(events, e => e is VmEvent.MemoryDevicePlugged { Device.Id: "d0" });
            Assert.Contains(events, e => e is VmEvent.AcpiDeviceOst { Class: DeviceClass.Dimm, Slot: 0, Source: 3, Status: 0x84 });
        }
    }

    [Fact]
    public async Task Removal_ThatTheGuestRefuses_SaysWhyAndChangesNothing()
    {
        var words = new MemoryWords(Slots);
        using var guest = new TinyGuest(c =>
        {
            words.AwaitRemoval(c, 1);
            words.Ost(c, 1, 3, 0x82);
            TinyGuest.Halt(c);
        });
        using VirtualMachine vm = Create(guest, c => c with { Dimms = [Dimm("d1") with { Slot = 1 }] });
        VmEvent.DeviceUnplugGuestError? refusal = null;
        using IDisposable subscription = vm.Subscribe(e => refusal = e as VmEvent.DeviceUnplugGuestError ?? refusal);
        vm.Resume();
        OperationSnapshot end = await End(vm.Memory.UnplugDimm("/machine/peripheral/d1"));
        Assert.Equal((OperationState.Refused, "device busy; the DIMM stays plugged in", 0x82u), (end.State, end.Detail, end.OstStatus!.Value));
        Assert.Equal((DeviceClass.Dimm, "d1", "device busy"), (refusal!.Class, refusal.Id, refusal.Reason));
        Assert.Equal(Granule, vm.Memory.GetSummary().PluggedSize);
    }

    [Fact]
    public async Task Plug_ThatTheGuestHasNotRead_CanBeWithdrawn()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        vm.Resume();
        IHotplugOperation plug = vm.Memory.PlugDimm(Dimm("d0"));
        Assert.Equal(OperationState.Notified, plug.Current.State);
        Assert.True(plug.TryCancel());
        Assert.Equal(OperationState.Cancelled, (await End(plug)).State);
        Assert.True(SpinWait.SpinUntil(() => TryPlug(vm, "d0"), Patience));
    }

    [Fact]
    public async Task Reset_CompletesRemovals_AndKeepsDimms()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, c => c with { Dimms = [Dimm("stays"), Dimm("goes")] });
        vm.Resume();
        IHotplugOperation plug = vm.Memory.PlugDimm(Dimm("new"));
        IHotplugOperation removal = vm.Memory.UnplugDimm("goes");
        Assert.Same(removal, vm.Memory.UnplugDimm("goes"));
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Equal(OperationState.Completed, (await End(plug)).State);
        Assert.Equal(OperationState.Completed, (await End(removal)).State);
        Assert.Equal(["new", "stays"], vm.Memory.GetMemoryDevices().Select(d => d.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Deadline_LeavesTheDimmPresent()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        vm.Resume();
        OperationSnapshot end = await End(vm.Memory.PlugDimm(Dimm("d0"), OperationDeadline.Shortest));
        Assert.Equal("the guest did not react in time; the DIMM is present, and the guest may be using it", end.Detail);
        Assert.Single(vm.Memory.GetMemoryDevices());
    }

    [Fact]
    public async Task Resize_GrowsShrinksAndLeavesTheRestToTheReset()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        vm.Resume();
        MemoryResize grow = vm.Memory.Resize(Base + (4 * Granule));
        Assert.Equal(Base + (4 * Granule), grow.ExpectedSize);
        IHotplugOperation plug = Assert.Single(grow.Operations);
        Assert.Same(plug, Assert.Single(vm.Memory.Resize(Base + (4 * Granule)).Operations));
        Assert.Single(vm.Memory.GetMemoryDevices());
        vm.Memory.Resize(Base + (5 * Granule));
        Assert.Equal([4 * Granule, Granule], vm.Memory.GetMemoryDevices().Select(d => d.Size));

        // One whole DIMM can be asked back; of the other a half is too much.
        MemoryResize shrink = vm.Memory.Resize(Base + (2 * Granule));
        Assert.Equal(Base + (4 * Granule), shrink.ExpectedSize);
        Assert.Single(shrink.Operations, o => o.Current.Kind == OperationKind.MemoryUnplug);
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Equal(Base + (2 * Granule), vm.Memory.GetSummary().TotalSize);
        Assert.Equal([2 * Granule], vm.Memory.GetMemoryDevices().Select(d => d.Size));
        Assert.Equal(OperationState.Completed, (await End(plug)).State);
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Equal(Base + (2 * Granule), vm.Memory.GetSummary().TotalSize);
    }

    [Theory]
    [InlineData(8 * MiB, VmErrorCode.InvalidDevice, "the boot memory is 16777216 bytes")]
    [InlineData(Base + MiB, VmErrorCode.InvalidDevice, "multiples of 134217728 bytes (128 MiB), and 1048576 are asked for")]
    [InlineData(Base + (17 * Granule), VmErrorCode.NoMemorySpace, "is more than the maximum of 2164260864")]
    public void Resize_ToTheImpossible_IsRefused(ulong size, VmErrorCode code, string text)
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        VmException e = Assert.Throws<VmException>(() => vm.Memory.Resize(size));
        Assert.Equal(code, e.Code);
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
        Assert.Equal(Base, vm.Memory.GetSummary().TotalSize);
    }

    [Fact]
    public void Plug_OfTheImpossible_IsRefusedWithNothingChanged()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, c => c with { Dimms = [Dimm("d0")] });
        vm.Resume();
        (DimmConfig Config, VmErrorCode Code, string Text)[] cases =
        [
            (Dimm("d0"), VmErrorCode.DuplicateId, "Duplicate device ID 'd0'"),
            (Dimm("x") with { Slot = 0 }, VmErrorCode.SlotOccupied, "slot 0 is busy"),
            (Dimm("x") with { Slot = Slots }, VmErrorCode.InvalidDevice, "valid range is [0-3]"),
            (Dimm("x") with { Node = 1 }, VmErrorCode.InvalidDevice, "exceeds the number of numa nodes: 1"),
            (Dimm("x", 100 * MiB), VmErrorCode.InvalidDevice, "multiple of 0x8000000 (128 MiB)"),
            (Dimm("x", 1000), VmErrorCode.InvalidDevice, "0x3e8"),
            (Dimm("x", 16 * Granule), VmErrorCode.NoMemorySpace, "currently 0x8000000 in use of total space for memory devices 0x80000000"),
            (Dimm("x") with { Address = 4UL << 30 }, VmErrorCode.InvalidDevice, "overlap"),
            (new DimmConfig { Id = "x", Backend = "nosuch" }, VmErrorCode.BackendNotFound, "object 'nosuch' not found"),
            (new DimmConfig { Id = "x" }, VmErrorCode.InvalidDevice, "no memory backend"),
            (File("/nonexistent/file"), VmErrorCode.HostFailure, "/nonexistent/file"),
            (File(Path.GetTempPath()), VmErrorCode.InvalidDevice, "is a directory"),
        ];
        foreach ((DimmConfig config, VmErrorCode code, string text) in cases)
        {
            VmException e = Assert.Throws<VmException>(() => vm.Memory.PlugDimm(config));
            Assert.Equal((code, true), (e.Code, e.Message.Contains(text, StringComparison.Ordinal)));
        }

        Assert.Single(vm.Memory.GetMemoryDevices());
        Assert.Equal(VmErrorCode.DuplicateId, Assert.Throws<VmException>(() => vm.Devices.PlugDevice(new RngDeviceConfig { Id = "d0" })).Code);
    }

    [Fact]
    public void Slots_WhenAllAreInUse_AreNamed()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, c => c with { Dimms = [Dimm(null), Dimm(null), Dimm(null), Dimm(null)] });
        Assert.Equal(VmErrorCode.NoFreeSlot, Assert.Throws<VmException>(() => vm.Memory.PlugDimm(Dimm(null))).Code);
        using VirtualMachine fixedMachine = guest.Create();
        Assert.Equal(VmErrorCode.HotplugNotSupported, Assert.Throws<VmException>(() => fixedMachine.Memory.PlugDimm(Dimm(null))).Code);
        Assert.Equal(VmErrorCode.HotplugNotSupported, Assert.Throws<VmException>(() => fixedMachine.Memory.Resize(2 * Base)).Code);
    }

    [Fact]
    public void File_KeepsWhatItHas_AndGrows()
    {
        string path = Path.GetTempFileName();
        try
        {
            System.IO.File.WriteAllBytes(path, [1, 2, 3]);
            using var guest = new TinyGuest(TinyGuest.Halt);
            using (VirtualMachine vm = Create(guest, c => c with { Dimms = [File(path)] }))
            {
                vm.Resume();
                vm.Reset(ShutdownReason.HostQmpSystemReset);
            }

            using FileStream file = System.IO.File.OpenRead(path);
            byte[] start = new byte[4];
            file.ReadExactly(start);
            Assert.Equal(((long)Granule, "01-02-03-00"), (file.Length, BitConverter.ToString(start)));
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Fact]
    public void VirtioMem_IsAskedAndShown()
    {
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, c => c with
        {
            Memory = c.Memory with { HotplugMethod = MemoryHotplugMethod.VirtioMem },
            PciDevices = [new VirtioMemDeviceConfig { Id = "vm0", Memory = new MemoryBackendConfig { Name = "own", Size = 8 * Granule }, RequestedSize = 2 * MiB }],
        });
        MemoryDeviceInfo device = Assert.Single(vm.Memory.GetMemoryDevices());
        Assert.Equal((MemoryDeviceKind.VirtioMem, 0UL, 2 * MiB, 8 * Granule, 2 * MiB), (device.Kind, device.Size, device.RequestedSize, device.MaximumSize, device.BlockSize));
        Assert.Equal((4UL << 30, -1), (device.Address, device.Slot));
        vm.Resume();
        IHotplugOperation first = vm.Memory.SetRequestedSize("vm0", 4 * MiB);
        Assert.Equal((OperationState.Notified, OperationKind.MemoryResize), (first.Current.State, first.Current.Kind));
        Assert.Same(first, vm.Memory.SetRequestedSize("vm0", 4 * MiB));
        IHotplugOperation second = Assert.Single(vm.Memory.Resize(Base + Granule).Operations);
        Assert.Equal(OperationState.Cancelled, first.Current.State);
        Assert.Equal(Granule, vm.Memory.GetMemoryDevices()[0].RequestedSize);
        Assert.True(second.TryCancel());
        Assert.Equal(4 * MiB, vm.Memory.GetMemoryDevices()[0].RequestedSize);
        Assert.Equal(VmErrorCode.InvalidState, Assert.Throws<VmException>(() => vm.Devices.UnplugDevice("vm0")).Code);
        Assert.Equal(VmErrorCode.InvalidDevice, Assert.Throws<VmException>(() => vm.Memory.SetRequestedSize("vm0", MiB)).Code);
        Assert.Equal(VmErrorCode.DeviceNotFound, Assert.Throws<VmException>(() => vm.Memory.SetRequestedSize("vm1", MiB)).Code);

        // Nothing is plugged, so nothing is as much as is asked for.
        Assert.Equal(OperationState.Completed, vm.Memory.SetRequestedSize("vm0", 0).Current.State);
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Equal(Base, vm.Memory.GetSummary().TotalSize);
    }

    private static DimmConfig File(string path) => new()
    {
        Id = "x",
        Memory = new MemoryBackendConfig { Name = "f", Size = Granule, Kind = MemoryBackendKind.File, Path = path, Share = true },
    };

    private static bool TryPlug(VirtualMachine vm, string id)
    {
        try
        {
            vm.Memory.PlugDimm(Dimm(id));
            return true;
        }
        catch (VmException e) when (e.Code == VmErrorCode.DuplicateId)
        {
            return false;
        }
    }
}
