using System;
using System.Linq;
using Limber.Interop;
using Limber.Memory;
using Limber.Vfio.Native;
using Limber.Vfio.Tests.Fakes;

namespace Limber.Vfio.Tests;

public sealed class VfioManagerTests : IDisposable
{
    private readonly FakeMachine machine = new();

    private FakeHost Host => machine.Host;

    public void Dispose() => machine.Dispose();

    [Fact]
    public void Open_NoSuchDevice_NamesPath() =>
        Assert.Contains("/nowhere: no such device", Refusal("/nowhere"), StringComparison.Ordinal);

    [Fact]
    public void Open_OtherDriver_SaysHowToBind()
    {
        string text = Refusal(Host.AddFunction(driver: "e1000e").Path);
        Assert.Contains("the driver e1000e has it", text, StringComparison.Ordinal);
        Assert.Contains("driver_override", text, StringComparison.Ordinal);
        Assert.Contains("0000:01:00.0/driver/unbind", text, StringComparison.Ordinal);
        Assert.Contains("bus/pci/drivers_probe", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NoGroup_SaysThatIommuIsOff() =>
        Assert.Contains("no IOMMU", Refusal(Host.AddFunction(group: null).Path), StringComparison.Ordinal);

    [Fact]
    public void Open_GroupNotViable_ListsWhoHasTheOthers()
    {
        FakeHostFunction function = Host.AddFunction();
        Host.AddFunction("0000:01:00.1", driver: "snd_hda_intel");
        Host.AddFunction("0000:01:00.2", driver: null);
        Host.IsViable = false;
        string text = Refusal(function.Path);
        Assert.Contains("group 7", text, StringComparison.Ordinal);
        Assert.Contains("0000:01:00.1 (driver snd_hda_intel)", text, StringComparison.Ordinal);
        Assert.DoesNotContain("01:00.2", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16, "another process uses the group")]
    [InlineData(13, "let this user read and write the file")]
    public void Open_GroupFileRefused_SaysWhatToDo(int error, string advice)
    {
        Host.OpenErrors["/dev/vfio/7"] = error;
        string text = Refusal(Host.AddFunction().Path);
        Assert.Contains("/dev/vfio/7", text, StringComparison.Ordinal);
        Assert.Contains(advice, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MemoryCannotBePinned_NamesNeededLimit()
    {
        Host.Errors[VfioIoctl.VFIO_IOMMU_MAP_DMA] = 12;
        FakeHostFunction function = Host.AddFunction();
        string text = Refusal(function.Path);
        Assert.StartsWith(function.Path, text, StringComparison.Ordinal);
        Assert.Contains("ulimit -l 1024", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_IommuRefused_SaysInterruptRemapping()
    {
        Host.Errors[VfioIoctl.VFIO_SET_IOMMU] = 1;
        Assert.Contains("interrupt remapping", Refusal(Host.AddFunction().Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterRefusal_Succeeds()
    {
        FakeHostFunction function = Host.AddFunction();
        Host.Errors[VfioIoctl.VFIO_DEVICE_GET_INFO] = 5;
        Refusal(function.Path);
        Host.Errors.Clear();
        Host.Dma.Clear();
        Assert.NotNull(machine.Plug(function));
    }

    [Fact]
    public void Open_Bridge_IsRefused()
    {
        FakeHostFunction function = Host.AddFunction();
        function.Put(0x0E, 1);
        Assert.Contains("it is a bridge", Refusal(function.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SameFunctionTwice_IsRefused()
    {
        FakeHostFunction function = Host.AddFunction();
        machine.Plug(function);
        Assert.Contains("has it already", Refusal(function.Path + "/"), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TwoFunctionsOfOneGroup_OpensContainerAndGroupOnce()
    {
        FakeHostFunction first = Host.AddFunction();
        FakeHostFunction second = Host.AddFunction("0000:01:00.1");
        VfioPciFunction one = machine.Manager.Open(first.Path, "one", machine.Ram);
        VfioPciFunction two = machine.Manager.Open(second.Path, "two", machine.Ram);
        Assert.Equal(["open /dev/vfio/vfio", "open /dev/vfio/7", "set-iommu", "map 0x0"], Host.Calls);
        one.Dispose();
        two.Dispose();
        Host.Dma.Clear();
        machine.Manager.Open(first.Path, "again", machine.Ram);
        Assert.Equal(2, Host.Calls.Count(call => call == "open /dev/vfio/vfio"));
    }

    [Fact]
    public void MapMemory_Changes_TouchesOnlyTheDifference()
    {
        machine.Plug(Host.AddFunction());
        GuestMemoryRegion low = machine.Ram.Regions[0];
        using var plugged = new GuestMemoryRegion(new GuestAddress(0x1_0000_0000), HostMapping.AllocatePrivate(0x20_0000, "DIMM"));
        Host.Calls.Clear();

        machine.Manager.MapMemory(new GuestMemory([low, plugged]));
        machine.Manager.MapMemory(new GuestMemory([low, plugged]));
        machine.Manager.MapMemory(machine.Ram);

        Assert.Equal(["map 0x100000000", "unmap 0x100000000"], Host.Calls);
        Assert.Equal(((ulong)low.Mapping.Address, 0x10_0000UL), Host.Dma[0]);
    }

    [Fact]
    public void UnmapMemory_BeforeDiscard_LeavesNothingPinned()
    {
        machine.Plug(Host.AddFunction());
        machine.Manager.UnmapMemory();
        Assert.Empty(Host.Dma);
        machine.Manager.MapMemory(machine.Ram);
        Assert.Single(Host.Dma);
    }

    [Fact]
    public void LockedMemoryLimit_Parse_ReadsSoftLimit()
    {
        Assert.Equal("8192 KiB", LockedMemoryLimit.Parse("Max cpu time  1 2 s\nMax locked memory         8388608              9999              bytes     \n"));
        Assert.Equal("unlimited", LockedMemoryLimit.Parse("Max locked memory         unlimited            unlimited            bytes"));
        Assert.Null(LockedMemoryLimit.Parse(""));
    }

    private string Refusal(string path)
    {
        var refused = Assert.Throws<VfioException>(() => machine.Manager.Open(path, "dev0", machine.Ram));
        return refused.Message;
    }
}
