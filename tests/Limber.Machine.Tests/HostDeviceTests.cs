using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;
using Limber.Vfio;
using Limber.Vfio.Native;
using Limber.Vfio.Tests.Fakes;
using Limber.Virtio.Balloon;

namespace Limber.Machine.Tests;

/// <summary>Functions of a made-up host in whole machines, on the host's own <c>/dev/kvm</c>.</summary>
public sealed partial class HostDeviceTests : IDisposable
{
    private readonly FakeHost host = new();

    public HostDeviceTests() => Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => host.Dispose();

    [Fact]
    public async Task Function_IsPluggedAndUnplugged_AndNothingIsLeft()
    {
        FakeHostFunction function = host.AddFunction();
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        int descriptors = OpenDescriptors.Count();
        for (int i = 0; i < 10; i++)
        {
            host.Dma.Clear();
            vm.Devices.PlugDevice(new VfioDeviceConfig { Path = function.Path, Id = "v" });
            Assert.Equal((0ul, 16ul << 20), (host.Dma.Keys.Single(), host.Dma.Values.Single().Size));
            await vm.Devices.UnplugDevice("v").Completion.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        }

        Assert.InRange(OpenDescriptors.Count(), 0, descriptors);
        Assert.Equal(0, host.MapCount);
        Assert.Empty(vm.Devices.GetDevices());
        Assert.InRange(function.Resets, 10, 20);
    }

    [Fact]
    public void Configured_IsThereFromTheStart()
    {
        FakeHostFunction function = host.AddFunction();
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, new VfioDeviceConfig { Path = function.Path, Slot = 4, Id = "v" });
        Assert.Equal("0000:00:04.0", vm.Devices.FindDevice("v")!.Location.ToString());
        vm.Resume();
        vm.Quit(ShutdownReason.HostQmpQuit);
    }

    [Fact]
    public void Reset_TakesMemoryFromTheFunctionWhileItIsDiscarded()
    {
        FakeHostFunction function = host.AddFunction();
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest, new VfioDeviceConfig { Path = function.Path });
        vm.Resume();
        int resets = function.Resets;
        host.Calls.Clear();
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Equal(["unmap 0x0", "map 0x0"], host.Calls);
        Assert.Equal(resets + 1, function.Resets);
        Assert.Single(vm.Devices.GetDevices());
    }

    [Fact]
    public void Reset_WhenTheHostRefusesMemory_StopsTheMachine()
    {
        FakeHostFunction function = host.AddFunction();
        using var guest = new TinyGuest(TinyGuest.Halt);
        FakeHostFunction other = host.AddFunction("0000:01:00.1");
        using VirtualMachine vm = Create(guest, new VfioDeviceConfig { Path = function.Path });
        vm.Resume();
        host.Errors[VfioIoctl.VFIO_IOMMU_MAP_DMA] = 12;
        Assert.Throws<VmException>(() => vm.Reset(ShutdownReason.HostQmpSystemReset));
        Assert.Equal(RunState.InternalError, vm.State);
        host.Errors.Clear();
        VmException refused = Assert.Throws<VmException>(() => vm.Devices.PlugDevice(new VfioDeviceConfig { Path = other.Path }));
        Assert.Contains("memory is being replaced by a reset", refused.Message, StringComparison.Ordinal);
        vm.Reset(ShutdownReason.HostQmpSystemReset);
        Assert.Single(host.Dma);
    }

    [Fact]
    public async Task Host_ThatWantsItBack_StartsARemoval()
    {
        FakeHostFunction function = host.AddFunction();
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        var said = new TaskCompletionSource<VmEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable subscription = vm.Subscribe(e =>
        {
            if (e is VmEvent.DeviceDeleted)
            {
                said.TrySetResult(e);
            }
        });
        vm.Devices.PlugDevice(new VfioDeviceConfig { Path = function.Path, Id = "v" });
        Signal(function.EventsOf(VfioInterruptKind.Request)[0]);

        // The guest has not started, so there is nobody to ask.
        Assert.Equal("v", Assert.IsType<VmEvent.DeviceDeleted>(await said.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel)).Id);
    }

    [Fact]
    public void Function_ThatCannotBePassedThrough_IsRefusedAndLeavesNothing()
    {
        FakeHostFunction taken = host.AddFunction(driver: "e1000e");
        FakeHostFunction broken = host.AddFunction("0000:01:00.1");
        using var guest = new TinyGuest(TinyGuest.Halt);
        using VirtualMachine vm = Create(guest);
        int descriptors = OpenDescriptors.Count();
        VmException refused = Assert.Throws<VmException>(() => vm.Devices.PlugDevice(new VfioDeviceConfig { Path = taken.Path }));
        Assert.Contains("the driver e1000e has it", refused.Message, StringComparison.Ordinal);
        host.Errors[VfioIoctl.VFIO_IOMMU_MAP_DMA] = 12;
        refused = Assert.Throws<VmException>(() => vm.Devices.PlugDevice(new VfioDeviceConfig { Path = broken.Path }));
        Assert.Contains("ulimit -l", refused.Message, StringComparison.Ordinal);
        Assert.Empty(vm.Devices.GetDevices());
        Assert.InRange(OpenDescriptors.Count(), 0, descriptors);
    }

    [Fact]
    public void Memory_ThatComesAndGoes_IsSeenByFunctions()
    {
        using var low = new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(1 << 20, "low"));
        using var high = new GuestMemoryRegion(new GuestAddress(1UL << 32), HostMapping.AllocatePrivate(1 << 20, "high"));
        var small = new GuestMemory([low]);
        var large = new GuestMemory([low, high]);
        var map = new GuestMemoryMap(small);
        var space = new MemorySpace(map, new NoMappings(), new GuestRange(new GuestAddress(1UL << 32), 1 << 30), 1 << 30);
        using var devices = new HostDevices(map, space, host);
        using DeviceParts parts = devices.Open(new VfioDeviceConfig { Path = host.AddFunction().Path }, (_, _, _) => { });
        host.Calls.Clear();
        map.Replace(large);
        map.Replace(small);
        Assert.Equal(["map 0x100000000", "unmap 0x100000000"], host.Calls);
        host.Errors[VfioIoctl.VFIO_IOMMU_MAP_DMA] = 12;
        Assert.Throws<VfioException>(() => map.Replace(large));
        Assert.Same(small, map.Current);
        host.Errors.Clear();
        devices.ForgetMemory();
        map.Replace(large);
        Assert.Empty(host.Dma);
        devices.MapMemory();
        Assert.Equal([0ul, 1ul << 32], host.Dma.Keys);
    }

    [Fact]
    public void Function_BesideMemoryThatGivesSinglePagesBack_IsRefused()
    {
        using var low = new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(1 << 20, "low"));
        var map = new GuestMemoryMap(new GuestMemory([low]));
        var space = new MemorySpace(map, new NoMappings(), new GuestRange(new GuestAddress(1UL << 32), 1 << 30), 1 << 30);
        using var devices = new HostDevices(map, space, host);
        var function = new VfioDeviceConfig { Path = host.AddFunction().Path };
        space.BeginDiscarding();
        Assert.Equal(VmErrorCode.InvalidDevice, Assert.Throws<VmException>(() => devices.Open(function, (_, _, _) => { })).Code);
        space.EndDiscarding();
        using (devices.Open(function, (_, _, _) => { }))
        {
            Assert.Equal(VmErrorCode.InvalidDevice, Assert.Throws<VmException>(space.BeginDiscarding).Code);
        }

        space.BeginDiscarding();
    }

    [Fact]
    public void BalloonMemory_IsKeptWhileItIsHeld()
    {
        var inner = new CountingMemory();
        var memory = new HeldBalloonMemory(inner);
        Assert.True(memory.Release(0x1000, 0x1000));
        memory.Hold();
        memory.Hold();
        memory.Unhold();
        Assert.True(memory.Release(0x1000, 0x1000));
        Assert.Equal(1, inner.Released);
        memory.Unhold();
        Assert.True(memory.Release(0x1000, 0x1000));
        Assert.Equal(2, inner.Released);
    }

    private static unsafe void Signal(int eventDescriptor)
    {
        ulong one = 1;
        Assert.Equal(sizeof(ulong), (int)write(eventDescriptor, &one, sizeof(ulong)));
    }

    [LibraryImport("libc")]
    private static unsafe partial nint write(int fd, void* data, nuint length);

    private VirtualMachine Create(TinyGuest guest, params DeviceConfig[] devices) => VirtualMachine.Create(
        TinyGuest.Configure(guest.KernelPath) with { PciDevices = [.. devices] },
        new MachineEnvironment { SerialBackends = [guest.Serial], VfioCalls = host });

    private sealed class NoMappings : IGuestMappings
    {
        public IDisposable Map(ulong address, nint host, ulong length, bool readOnly) => throw new NotSupportedException();
    }

    private sealed class CountingMemory : IBalloonMemory
    {
        public int Released { get; private set; }

        public bool Release(nint host, nuint length)
        {
            Released++;
            return true;
        }
    }
}
