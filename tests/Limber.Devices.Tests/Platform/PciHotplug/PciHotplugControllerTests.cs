using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Device;
using Limber.Devices.Platform.PciHotplug;
using Limber.Devices.Tests.Fakes;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.PciHotplug;

public sealed class PciHotplugControllerTests : IDisposable, IPciHotplugHost
{
    private const ulong Area = 0x10000;

    private readonly GuestMemory memory = new([new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x40000, "test"))]);
    private readonly List<string> reports = [];
    private readonly FakeLog log = new();
    private readonly PciHotplugController controller;
    private readonly PciHotplugGuest guest;

    public PciHotplugControllerTests()
    {
        int[] slots = [.. Enumerable.Range(1, 31).Select(device => device == 2 ? PciHotplugController.BehindPort(2) : device)];
        controller = new PciHotplugController(slots, memory, new GuestAddress(Area), 0x628, this, log);
        controller.Reset([1]);
        guest = new PciHotplugGuest(memory, new GuestAddress(Area), controller);
    }

    public void Dispose() => memory.Regions[0].Dispose();

    void IPciHotplugHost.OnEjected(int slot) => reports.Add($"eject {slot}");

    void IPciHotplugHost.OnStatus(int slot, uint sourceEvent, uint status) => reports.Add($"ost {slot} {sourceEvent} {status}");

    [Theory]
    [InlineData(3)]
    [InlineData(31)]
    [InlineData(34)]
    public void PlugAndRemoval_AreSeenOnceEach(int slot)
    {
        Assert.True(guest.Sta(1));
        Assert.False(guest.Sta(slot));
        guest.Scan();
        Assert.Empty(guest.Notified);

        controller.Insert(slot);
        Assert.False(controller.IsHandled(slot));
        guest.Scan();
        guest.Scan();
        Assert.Equal([(slot, 0)], guest.Notified);
        Assert.True(controller.IsHandled(slot));
        Assert.True(guest.Sta(slot));
        guest.Ost(slot, 0, 0);
        controller.ClearRequests(slot);

        guest.Notified.Clear();
        controller.RequestRemoval(slot);
        guest.Scan();
        guest.Scan();
        Assert.Equal([(slot, 3)], guest.Notified);
        Assert.Equal(IoStatus.Ok, guest.Eject(slot));
        Assert.False(guest.Sta(slot));
        Assert.False(controller.IsOccupied(slot));
        Assert.Equal(IoStatus.Ok, guest.Ost(slot, 3, 0));
        Assert.Equal([$"ost {slot} 0 0", $"eject {slot}", $"ost {slot} 3 0"], reports);
        guest.Notified.Clear();
        guest.Scan();
        Assert.Empty(guest.Notified);
    }

    [Fact]
    public void RequestRemoval_Again_NotifiesAgain()
    {
        controller.RequestRemoval(1);
        guest.Scan();
        controller.RequestRemoval(1);
        guest.Scan();

        Assert.Equal([(1, 3), (1, 3)], guest.Notified);
    }

    [Fact]
    public void Reset_ForgetsRequestsAndKeepsSequences()
    {
        controller.Insert(5);
        controller.RequestRemoval(1);
        controller.Reset([1, 5]);
        guest.Scan();
        Assert.Empty(guest.Notified);

        controller.RequestRemoval(5);
        guest.Scan();

        Assert.Equal([(5, 3)], guest.Notified);
    }

    [Theory]
    [InlineData(4u)]
    [InlineData(64u)]
    [InlineData(0xFFFFu)]
    [InlineData(2u)]
    [InlineData(0x0001_FFFFu)]
    [InlineData(0x0002_0001u)]
    [InlineData(uint.MaxValue)]
    public void Doorbell_Nonsense_IsCountedOnly(uint value)
    {
        guest.Ring(value);

        Assert.Equal(1, log.Count);
        Assert.Empty(reports);
    }

    [Fact]
    public void Doorbell_OddAccess_IsRefused()
    {
        Assert.NotEqual(IoStatus.Ok, controller.Write(0, [1]));
        Assert.NotEqual(IoStatus.Ok, controller.Write(4, [1, 0, 0, 0]));
        Assert.NotEqual(IoStatus.Ok, controller.Write(0, [1, 0, 0, 0, 0, 0, 0, 0]));
        Assert.Empty(reports);
    }

    [Fact]
    public void Doorbell_TenThousandTimes_AllocatesNothingButReports()
    {
        byte[] eject = [4, 0, 0, 0];
        controller.Write(0, eject);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            controller.Write(0, eject);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ScribbledArea_ChangesNothingForTheVmm()
    {
        for (uint offset = 0; offset < PciHotplugController.AreaSize; offset += 4)
        {
            guest.Write(offset, 0xA5A5_A5A5);
        }

        Assert.True(controller.IsOccupied(1));
        Assert.False(controller.IsOccupied(5));
        guest.Eject(5);
        Assert.Empty(reports);
        guest.Eject(1);
        Assert.Equal(["eject 1"], reports);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(64)]
    [InlineData(34, 2)]
    public void Slots_ThatCannotBe_AreRefused(params int[] slots) =>
        Assert.Throws<ArgumentException>(() => new PciHotplugController(slots, memory, new GuestAddress(Area), 0x628, this, log));
}
