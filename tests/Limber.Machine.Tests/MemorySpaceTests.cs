using System;
using Limber.Control;
using Limber.Device;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Machine.Tests;

/// <summary>Addresses of memory devices, and the memory map.</summary>
public sealed class MemorySpaceTests : IGuestMappings
{
    private const ulong MiB = 1UL << 20;
    private const ulong Granule = 128 * MiB;
    private const ulong Start = 6UL << 30;

    private readonly GuestMemoryMap map = new(new GuestMemory([]));

    IDisposable IGuestMappings.Map(ulong address, nint host, ulong length, bool readOnly) => throw new NotSupportedException();

    private MemorySpace Create(ulong area = 16 * Granule, ulong limit = 8 * Granule) =>
        new(map, this, new GuestRange(new GuestAddress(Start), area), limit);

    [Fact]
    public void Places_AreTheLowestThatFit()
    {
        MemorySpace space = Create();
        GuestRange first = space.Reserve(Granule, Granule, null);
        GuestRange second = space.Reserve(2 * Granule, Granule, null);
        GuestRange third = space.Reserve(Granule, Granule, null);
        Assert.Equal((Start, Start + Granule, Start + (3 * Granule)), (first.Start.Value, second.Start.Value, third.Start.Value));
        space.Release(second);
        Assert.Equal(Start + (4 * Granule), space.Reserve(3 * Granule, Granule, null).Start.Value);
        Assert.Equal(Start + Granule, space.Reserve(Granule, Granule, null).Start.Value);
        Assert.Equal(Start + (2 * Granule), space.Reserve(Granule, Granule, null).Start.Value);
    }

    [Fact]
    public void Sizes_BeyondTheMaximum_SayWhatIsInUse()
    {
        MemorySpace space = Create();
        space.Reserve(7 * Granule, Granule, null);
        VmException e = Assert.Throws<VmException>(() => space.Reserve(2 * Granule, Granule, null));
        Assert.Equal(VmErrorCode.NoMemorySpace, e.Code);
        Assert.Equal("not enough space, currently 0x38000000 in use of total space for memory devices 0x40000000", e.Message);
        Assert.Throws<VmException>(() => space.Reserve(ulong.MaxValue & ~(Granule - 1), Granule, null));
        space.Reserve(Granule, Granule, null);
    }

    [Theory]
    [InlineData(Start + MiB, Granule, "not a multiple of 0x8000000")]
    [InlineData(Start - Granule, Granule, "not inside of the area")]
    [InlineData(Start + (16 * Granule), Granule, "not inside of the area")]
    [InlineData(Start + (15 * Granule), 2 * Granule, "not inside of the area")]
    [InlineData(0xFFFF_FFFF_F800_0000, Granule, "not inside of the area")]
    [InlineData(Start + Granule, Granule, "overlap the memory device at 0x180000000")]
    public void Addresses_ThatAreImpossible_AreNamed(ulong address, ulong size, string text)
    {
        MemorySpace space = Create();
        space.Reserve(2 * Granule, Granule, null);
        VmException e = Assert.Throws<VmException>(() => space.Reserve(size, Granule, address));
        Assert.Equal(VmErrorCode.InvalidDevice, e.Code);
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Area_ThatIsEmpty_SaysThatTheMachineIsNotPrepared() =>
        Assert.Equal(VmErrorCode.HotplugNotSupported, Assert.Throws<VmException>(() => Create(0, 0).Reserve(Granule, Granule, null)).Code);

    [Fact]
    public void Gaps_ThatAreTooSmall_AreNotEnough()
    {
        MemorySpace space = Create(area: 4 * Granule, limit: 4 * Granule);
        space.Reserve(Granule, Granule, Start + Granule);
        VmException e = Assert.Throws<VmException>(() => space.Reserve(3 * Granule, Granule, null));
        Assert.Equal(VmErrorCode.NoMemorySpace, e.Code);
        Assert.Equal(Start + (2 * Granule), space.Reserve(2 * Granule, Granule, null).Start.Value);
    }

    [Fact]
    public void Maps_AreReplacedWhole_AndOldOnesStay()
    {
        MemorySpace space = Create();
        using var high = new GuestMemoryRegion(new GuestAddress(Start + Granule), HostMapping.AllocatePrivate(Granule, "test"));
        using var low = new GuestMemoryRegion(new GuestAddress(Start), HostMapping.AllocatePrivate(Granule, "test"));
        space.Add(high);
        GuestMemory one = map.Current;
        space.Add(low);
        Assert.Equal([low, high], map.Current.Regions);
        Assert.Equal([high], one.Regions);
        space.Remove(high);
        Assert.Equal([low], map.Current.Regions);
        Assert.True(one.TryWrite(new GuestAddress(Start + Granule), [1]));
    }
}
