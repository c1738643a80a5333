using System;
using System.Collections.Generic;
using Limber.Vfio.Tests.Fakes;

namespace Limber.Vfio.Tests;

public sealed class VfioConfigTests : IDisposable
{
    private readonly FakeMachine machine = new();
    private readonly FakeHostFunction host;

    public VfioConfigTests() => host = machine.Host.AddFunction();

    public void Dispose() => machine.Dispose();

    [Fact]
    public void Header_IsTheFunctions()
    {
        machine.Plug(host);
        Assert.Equal(0x10D3_8086u, machine.ReadConfig(0));
        Assert.Equal(0x0200_0001u, machine.ReadConfig(8));
        Assert.Equal(0x1234_8086u, machine.ReadConfig(0x2C));
        Assert.Equal(0u, machine.ReadConfig(0x30));
        Assert.Equal(1u, machine.ReadConfig(0x3D, 1));
    }

    [Fact]
    public void Capabilities_KeepTheirPlaces_HiddenOnesAreGone()
    {
        machine.Plug(host);
        var found = new Dictionary<uint, uint>();
        for (uint next = machine.ReadConfig(0x34, 1); next != 0; next = machine.ReadConfig((int)next + 1, 1))
        {
            found.Add(next, machine.ReadConfig((int)next, 1));
        }

        Assert.Equal(
            new Dictionary<uint, uint> { [0x40] = 0x01, [0x50] = 0x05, [0x70] = 0x10, [0xA0] = 0x11 }, found);
        Assert.Equal(0u, machine.ReadConfig(0xC0));
    }

    [Fact]
    public void ExtendedCapabilities_HiddenHeadBecomesNull()
    {
        machine.Plug(host);
        Assert.Equal(0x1400_0000u, machine.ReadConfig(0x100));
        Assert.Equal(0x0001_0003u, machine.ReadConfig(0x140));
        Assert.Equal(0xFECAu, machine.ReadConfig(0x144, 2));
        Assert.Equal(0u, machine.ReadConfig(0x184));
    }

    [Theory]
    [InlineData(0x100, 0x1000)]
    [InlineData(0x103, 0)]
    public void ExtendedCapabilities_LoopOrGarbage_Ends(int first, int next)
    {
        host.PutExtended(0x140, 0x0003, first);
        host.PutExtended(0x180, 0x0003, next & 0xFFF);
        Assert.NotNull(machine.Plug(host));
    }

    [Fact]
    public void Capabilities_Loop_Ends()
    {
        host.Put(FakeHostFunction.MsixPosition + 1, FakeHostFunction.PowerPosition);
        Assert.NotNull(machine.Plug(host));
        Assert.Equal(0u, machine.ReadConfig(FakeHostFunction.MsixPosition + 1, 1));
    }

    [Fact]
    public void RootBus_ExpressEndpoint_IsIntegratedAndHasNoLink()
    {
        machine.Plug(host);
        Assert.Equal(0x92u, machine.ReadConfig(FakeHostFunction.ExpressPosition + 2, 2));
        Assert.Equal(0u, machine.ReadConfig(FakeHostFunction.ExpressPosition + 0x0C));
    }

    [Fact]
    public void PassedThroughRegister_ReadsAndWritesTheHosts()
    {
        machine.Plug(host);
        host.ConfigWrites.Clear();
        host.Put(0xF0, 1, 2, 3, 4);
        Assert.Equal(0x0403_0201u, machine.ReadConfig(0xF0));

        machine.WriteConfig(0xF0, 0xAABB, 2);

        Assert.Equal([(0xF0, 2)], host.ConfigWrites);
        Assert.Equal(0x0403_AABBu, machine.ReadConfig(0xF0));
    }

    [Fact]
    public void Write_AcrossEmulatedAndPassedThrough_ForwardsOnlyTheLatter()
    {
        machine.Plug(host);
        host.ConfigWrites.Clear();
        machine.WriteConfig(FakeHostFunction.ExpressPosition + 2, 0xFFFF_FFFF);
        Assert.Equal([(FakeHostFunction.ExpressPosition + 4, 1), (FakeHostFunction.ExpressPosition + 5, 1)], host.ConfigWrites);
        Assert.Equal(0x92u, machine.ReadConfig(FakeHostFunction.ExpressPosition + 2, 2));
    }

    [Fact]
    public void PowerState_StaysInTheGuest()
    {
        machine.Plug(host);
        host.ConfigWrites.Clear();
        machine.WriteConfig(FakeHostFunction.PowerPosition + 4, 3, 2);
        Assert.Equal(0x0Bu, machine.ReadConfig(FakeHostFunction.PowerPosition + 4, 2));
        Assert.Equal(0x0603u, machine.ReadConfig(FakeHostFunction.PowerPosition + 2, 2));
        Assert.Empty(host.ConfigWrites);
    }

    [Fact]
    public void Command_HostAlwaysDecodes_MasterFollowsTheGuest()
    {
        machine.Plug(host);
        Assert.Equal(0x3, host.Command);
        machine.WriteConfig(4, 0x6, 2);
        Assert.Equal(0x7, host.Command);
        machine.WriteConfig(4, 0x0, 2);
        Assert.Equal(0x3, host.Command);
    }

    [Fact]
    public void ConventionalFunction_HasNoExtendedSpace()
    {
        host.Config.AsSpan(0x100).Clear();
        machine.Plug(host);
        Assert.Equal(0u, machine.ReadConfig(0x100));
        Assert.Equal(0u, machine.ReadConfig(0xFFC));
    }

    [Fact]
    public void Msix_HostHasNone_IsHidden()
    {
        host.InterruptCounts[(int)VfioInterruptKind.Msix] = 0;
        machine.Plug(host);
        Assert.Equal(0u, machine.ReadConfig(FakeHostFunction.MsixPosition));
        Assert.Equal(0u, machine.ReadConfig(FakeHostFunction.ExpressPosition + 1, 1));
    }

    [Fact]
    public void Msix_InBarThatPciDoesNotHave_IsRefused()
    {
        host.Put(FakeHostFunction.MsixPosition + 4, 0x07);
        var refused = Assert.Throws<VfioException>(() => machine.Plug(host));
        Assert.Contains("what PCI does not allow", refused.Message, StringComparison.Ordinal);
        Assert.Empty(machine.Manager.Functions);
    }
}
