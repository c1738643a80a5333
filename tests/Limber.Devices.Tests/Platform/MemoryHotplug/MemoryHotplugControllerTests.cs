using System;
using System.Collections.Generic;
using System.Linq;
using Limber.Device;
using Limber.Devices.Platform.MemoryHotplug;
using Limber.Devices.Tests.Fakes;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.MemoryHotplug;

public sealed class MemoryHotplugControllerTests : IDisposable, IMemoryHotplugHost
{
    private const ulong Area = 0x10000;
    private readonly GuestMemory memory = new([new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x40000, "test"))]);
    private readonly List<string> reports = [];
    private readonly FakeLog log = new();

    public void Dispose() => memory.Regions[0].Dispose();

    void IMemoryHotplugHost.OnEjected(int slot) => reports.Add($"eject {slot}");

    void IMemoryHotplugHost.OnStatus(int slot, uint sourceEvent, uint status) => reports.Add($"ost {slot} {sourceEvent} {status}");

    [Theory]
    [InlineData(1, 0)]
    [InlineData(64, 63)]
    [InlineData(256, 255)]
    public void PlugAndRemoval_AreSeenOnceEach(int count, int slot)
    {
        (MemoryHotplugController controller, MemoryHotplugGuest guest) = Create(count);
        controller.Describe(slot, new GuestRange(new GuestAddress(0x12_3000_0000), 0x3_0000_0000), 2);
        controller.Insert(slot);
        Assert.False(controller.IsHandled(slot));
        guest.Scan();
        guest.Scan();
        Assert.Equal([(slot, 1)], guest.Notified);
        Assert.True(guest.Sta(slot));
        Assert.Equal((0x12_3000_0000UL, 0x3_0000_0000UL, 2u), guest.Dimm(slot));
        Assert.True(controller.HasReadInsert(slot));
        Assert.Equal(IoStatus.Ok, guest.Ost(slot, 1, 0));
        controller.EndInsert(slot);

        guest.Notified.Clear();
        controller.RequestRemoval(slot);
        guest.Scan();
        Assert.Equal([(slot, 3)], guest.Notified);
        Assert.Equal(IoStatus.Ok, guest.Ost(slot, 3, 0x84));
        Assert.Equal(IoStatus.Ok, guest.Eject(slot));
        Assert.False(guest.Sta(slot));
        Assert.False(controller.IsPresent(slot));
        Assert.Equal([$"ost {slot} 1 0", $"ost {slot} 3 132", $"eject {slot}"], reports);
    }

    [Fact]
    public void Slots_DoNotShareWords()
    {
        (MemoryHotplugController controller, MemoryHotplugGuest guest) = Create(256);
        for (int slot = 0; slot < 256; slot++)
        {
            controller.Describe(slot, new GuestRange(new GuestAddress((ulong)slot << 27), ((ulong)slot + 1) << 27), slot % 4);
            controller.Insert(slot);
        }

        guest.Scan();
        Assert.Equal(Enumerable.Range(0, 256).Select(slot => (slot, 1)), guest.Notified);
        for (int slot = 0; slot < 256; slot++)
        {
            Assert.Equal(((ulong)slot << 27, ((ulong)slot + 1) << 27, (uint)slot % 4), guest.Dimm(slot));
        }
    }

    [Fact]
    public void Reset_LeavesDimmsPresentAndNothingToHandle()
    {
        (MemoryHotplugController controller, MemoryHotplugGuest guest) = Create(40);
        controller.Insert(3);
        controller.Insert(35);
        controller.Reset([35]);
        guest.Scan();
        Assert.Empty(guest.Notified);
        Assert.False(guest.Sta(3));
        Assert.True(guest.Sta(35));
        controller.Insert(3);
        guest.Scan();
        Assert.Equal([(3, 1)], guest.Notified);
    }

    [Fact]
    public void Withdrawal_SucceedsOnlyBeforeTheGuestHasRead()
    {
        (MemoryHotplugController controller, MemoryHotplugGuest guest) = Create(2);
        controller.Insert(0);
        Assert.True(controller.TryWithdraw(0));
        guest.Scan();
        Assert.Empty(guest.Notified);
        controller.Insert(1);
        guest.Scan();
        Assert.False(controller.TryWithdraw(1));
        Assert.True(guest.Sta(1));
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(0xFFFFu)]
    [InlineData(0x1_0002u)]
    [InlineData(0x2_0000u)]
    [InlineData(uint.MaxValue)]
    public void Doorbell_ForNoSlot_IsCounted(uint value)
    {
        (_, MemoryHotplugGuest guest) = Create(2);
        Assert.Equal(IoStatus.Ok, guest.Ring(value));
        Assert.Empty(reports);
        Assert.Equal(1, log.Count);
    }

    [Fact]
    public void Eject_OfAnEmptySlot_IsCounted()
    {
        (_, MemoryHotplugGuest guest) = Create(2);
        Assert.Equal(IoStatus.Ok, guest.Eject(1));
        Assert.Empty(reports);
        Assert.Equal(1, log.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void Slots_OutOfBounds_AreRefused(int slots) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryHotplugController(
            slots, memory, new GuestAddress(Area), 0x62C, this, log));

    private (MemoryHotplugController Controller, MemoryHotplugGuest Guest) Create(int slots)
    {
        var controller = new MemoryHotplugController(slots, memory, new GuestAddress(Area), 0x62C, this, log);
        controller.Reset([]);
        return (controller, new MemoryHotplugGuest(memory, new GuestAddress(Area), slots, controller));
    }
}
