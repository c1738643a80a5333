using System;
using System.Linq;
using Limber.Pci;
using Limber.Vfio.Tests.Fakes;

namespace Limber.Vfio.Tests;

public sealed class VfioBarTests : IDisposable
{
    private const ulong Address = FakeMachine.Mmio64 + 0x10_0000;

    private readonly FakeMachine machine = new();
    private readonly FakeHostFunction host;

    public VfioBarTests() => host = machine.Host.AddFunction();

    public void Dispose() => machine.Dispose();

    [Fact]
    public void Bar_Mapped_ShowsAllButThePagesOfMsix()
    {
        PlugAt(Address);
        Assert.Equal(
            [(Address, 0x1000UL), (Address + 0x2000, 0x2000UL)],
            machine.Mappings.OrderBy(m => m.Address).Select(m => (m.Address, m.Length)));
        Assert.All(machine.Mappings, mapping => Assert.False(mapping.ReadOnly));
    }

    [Fact]
    public void Bar_Moved_MappingsFollow()
    {
        PlugAt(Address);
        machine.WriteConfig(0x10, unchecked((uint)Address + 0x10_0000));
        Assert.Equal([Address + 0x10_0000, Address + 0x10_2000], machine.Mappings.Select(m => m.Address).Order());
        machine.WriteConfig(4, 0, 2);
        Assert.Empty(machine.Mappings);
    }

    [Fact]
    public void Bar_Sparse_ShowsOnlyWhatTheKernelLets()
    {
        host.Sparse = [new VfioArea(0x0800, 0x1000), new VfioArea(0x3000, 0x1000)];
        PlugAt(Address);
        Assert.Equal([(Address + 0x3000, 0x1000UL)], machine.Mappings.Select(m => (m.Address, m.Length)));
    }

    [Fact]
    public void Bar_NoRoomForMappings_IsTrapped()
    {
        machine.RefuseMappings = true;
        PlugAt(Address);
        machine.Write(Address + 0x10, 0xDEAD_BEEF);
        Assert.Equal([0xEF, 0xBE, 0xAD, 0xDE], host.Bar[0x10..0x14]);
        Assert.Equal(0xDEAD_BEEFul, machine.Read(Address + 0x10));
        Assert.Equal(1, machine.GuestErrors);
    }

    [Fact]
    public void TrappedPart_OfTheMsixPage_ReachesTheFunctionTableDoesNot()
    {
        PlugAt(Address);
        machine.Write(Address + 0x1100, 0x1122_3344_5566_7788, 8);
        Assert.Equal(0x88, host.Bar[0x1100]);
        Assert.Equal(0x1122_3344_5566_7788ul, machine.Read(Address + 0x1100, 8));

        machine.Write(Address + FakeHostFunction.TableOffset, 0xFEE0_0000);
        Assert.Equal(0, host.Bar[FakeHostFunction.TableOffset + 3]);
        Assert.Equal(0xFEE0_0000ul, machine.Read(Address + FakeHostFunction.TableOffset));
    }

    [Fact]
    public void TrappedRead_RefusedByHost_AnswersOnesAndCounts()
    {
        PlugAt(Address);
        host.IsBarReadable = false;
        Assert.Equal(0xFFFF_FFFFul, machine.Read(Address + 0x1100));
        Assert.Equal(1, machine.GuestErrors);
    }

    [Fact]
    public void TrappedAccess_AllocatesNothing()
    {
        PlugAt(Address);
        machine.Read(Address + 0x1100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            machine.Write(Address + 0x1100, 1);
            machine.Read(Address + 0x1100);
            machine.ReadConfig(0xF0);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Unplug_LeavesNothingMapped()
    {
        VfioPciFunction function = PlugAt(Address);
        machine.Unplug(function);
        Assert.Empty(machine.Mappings);
        Assert.Equal(0, machine.Host.MapCount);
        Assert.Empty(machine.Manager.Functions);
        Assert.All(machine.Vectors, vector => Assert.True(vector.IsDisposed));
    }

    [Fact]
    public void Create_MsixBeyondTheBar_IsRefusedAndClosed()
    {
        host.BarSizes[0] = 0x1000;
        var refused = Assert.Throws<VfioException>(() => machine.Plug(host));
        Assert.Contains("does not fit into BAR 0", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, machine.Host.MapCount);
    }

    [Fact]
    public void Exclude_RangesAtEdges_CutWholePages()
    {
        var rest = VfioBarLayout.Exclude([new VfioArea(0, 0x5000)], new VfioArea(0x0FFF, 2), new VfioArea(0x4000, 1));
        Assert.Equal([new VfioArea(0x2000, 0x2000)], rest);
        Assert.Empty(VfioBarLayout.Exclude([new VfioArea(0, 0x800)]));
    }

    private VfioPciFunction PlugAt(ulong address)
    {
        VfioPciFunction function = machine.Plug(host);
        machine.WriteConfig(0x10, unchecked((uint)address));
        machine.WriteConfig(0x14, (uint)(address >> 32));
        machine.WriteConfig(4, 2, 2);
        return function;
    }
}
