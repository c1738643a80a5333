using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Limber.Device;
using Limber.Devices.Platform.CpuHotplug;
using Limber.Interop;
using Limber.Memory;

namespace Limber.Devices.Tests.Platform.CpuHotplug;

public sealed class CpuHotplugControllerTests : IDisposable, ICpuHotplugHost
{
    private const ulong Area = 0x10000;
    private readonly GuestMemory memory = new([new GuestMemoryRegion(new GuestAddress(0), HostMapping.AllocatePrivate(0x40000, "test"))]);
    private readonly List<string> reports = [];

    public void Dispose() => memory.Regions[0].Dispose();

    void ICpuHotplugHost.OnEjected(int index) => reports.Add($"eject {index}");

    void ICpuHotplugHost.OnStatus(int index, uint sourceEvent, uint status) => reports.Add($"ost {index} {sourceEvent} {status}");

    [Theory]
    [InlineData(4, 1)]
    [InlineData(64, 63)]
    [InlineData(1024, 1023)]
    public void PlugAndRemoval_AreSeenOnceEach(int count, int index)
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(count, enabled: 1);
        Assert.True(guest.Sta(0));
        Assert.False(guest.Sta(index));
        guest.Scan();
        Assert.Empty(guest.Notified);

        controller.Insert(index);
        Assert.False(controller.IsHandled(index));
        guest.Scan();
        guest.Scan();
        Assert.Equal([(index, 1)], guest.Notified);
        Assert.True(controller.IsHandled(index));
        Assert.True(guest.Sta(index));
        controller.EndInsert(index);

        guest.Notified.Clear();
        controller.RequestRemoval(index);
        guest.Scan();
        guest.Scan();
        Assert.Equal([(index, 3)], guest.Notified);
        Assert.Equal(IoStatus.Ok, guest.Ost(index, 3, 0x84));
        Assert.Equal(IoStatus.Ok, guest.Eject(index));
        Assert.False(guest.Sta(index));
        Assert.Equal([$"ost {index} 3 132", $"eject {index}"], reports);
        guest.Notified.Clear();
        guest.Scan();
        Assert.Empty(guest.Notified);
    }

    [Fact]
    public void RequestRemoval_Again_NotifiesAgain()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(4, enabled: 2);
        controller.RequestRemoval(1);
        guest.Scan();
        controller.RequestRemoval(1);
        guest.Scan();
        Assert.Equal([(1, 3), (1, 3)], guest.Notified);
    }

    [Fact]
    public void ManyChangesBeforeAScan_AreAllSeen()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(1024, enabled: 1);
        int[] changed = [1, 31, 32, 33, 511, 1023];
        foreach (int index in changed)
        {
            controller.Insert(index);
        }

        guest.Scan();
        Assert.Equal(changed.Select(i => (i, 1)), guest.Notified);
    }

    [Fact]
    public void Eject_OfBootProcessorOrEmptySlot_IsIgnored()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(4, enabled: 1);
        guest.Eject(0);
        guest.Eject(3);
        Assert.Empty(reports);
        Assert.True(guest.Sta(0));
        Assert.True(controller.IsEnabled(0));
    }

    [Fact]
    public void Eject_Twice_IsReportedOnce()
    {
        (_, HotplugGuest guest) = Create(4, enabled: 2);
        guest.Eject(1);
        guest.Eject(1);
        Assert.Equal(["eject 1"], reports);
    }

    [Fact]
    public void Withdraw_BeforeTheGuestLooked_ShowsNothing()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(4, enabled: 1);
        controller.Insert(2);
        controller.Withdraw(2);
        guest.Scan();
        Assert.Empty(guest.Notified);
        Assert.False(guest.Sta(2));
    }

    [Fact]
    public void EndRemoval_OfAProcessorThatTheGuestHasNotSeenYet_KeepsItsInsertion()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(4, enabled: 1);
        controller.Insert(2);
        controller.RequestRemoval(2);
        Assert.True(controller.TryEndRemoval(2));
        guest.Scan();
        Assert.Equal([(2, 1)], guest.Notified);
    }

    [Fact]
    public void EndInsert_WhileARemovalIsAskedFor_KeepsTheRequest()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(4, enabled: 1);
        controller.Insert(2);
        controller.RequestRemoval(2);
        controller.EndInsert(2);
        guest.Scan();
        Assert.Equal([(2, 3)], guest.Notified);
    }

    [Fact]
    public void TryWithdraw_AfterTheGuestLooked_ChangesNothing()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(4, enabled: 2);
        controller.Insert(2);
        controller.RequestRemoval(1);
        guest.Scan();
        Assert.False(controller.TryWithdraw(2));
        Assert.False(controller.TryEndRemoval(1));
        Assert.True(guest.Sta(2));
        Assert.True(controller.IsHandled(2));
        Assert.True(controller.IsHandled(1));
    }

    [Fact]
    public void TryWithdraw_BeforeTheGuestLooked_TakesTheProcessorAway()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(4, enabled: 1);
        controller.Insert(2);
        Assert.True(controller.TryWithdraw(2));
        guest.Scan();
        Assert.Empty(guest.Notified);
        Assert.False(guest.Sta(2));
    }

    [Fact]
    public void Reset_InZeroedMemory_EqualsFresh()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(40, enabled: 3);
        byte[] fresh = Snapshot(40);
        controller.Insert(5);
        controller.RequestRemoval(1);
        guest.Scan();
        guest.Ost(5, 1, 0);
        memory.Regions[0].Discard();
        controller.Reset([0, 1, 2]);
        Assert.Equal(fresh, Snapshot(40));
    }

    [Fact]
    public void GuestThatScribblesOverTheArea_ChangesNothingForTheVmm()
    {
        (CpuHotplugController controller, HotplugGuest guest) = Create(40, enabled: 3);
        memory.TryGetSpan(new GuestAddress(Area), (int)CpuHotplugController.GetAreaSize(40), out Span<byte> bytes);
        bytes.Fill(0xFF);
        Assert.True(controller.IsEnabled(2));
        Assert.False(controller.IsEnabled(3));
        guest.Eject(3);
        Assert.Empty(reports);
        controller.RequestRemoval(2);
        guest.Eject(2);
        Assert.Equal(["eject 2"], reports);
    }

    [Fact]
    public void Doorbell_RandomValuesAndWidths_NeverThrowsAndReportsOnlyWhatCanBe()
    {
        (CpuHotplugController controller, _) = Create(7, enabled: 7);
        var random = new Random(1);
        byte[] data = new byte[8];
        for (int i = 0; i < 100_000; i++)
        {
            random.NextBytes(data);
            int width = 1 << random.Next(4);
            if (random.Next(2) == 0)
            {
                data[1] = data[3] = 0;
                data[0] &= 0xF;
                data[2] &= 1;
            }

            IoStatus status = controller.Write((ulong)random.Next(8), data.AsSpan(0, width));
            Assert.True(status is IoStatus.Ok or IoStatus.InvalidRegister or IoStatus.InvalidWidth);
        }

        Assert.NotEmpty(reports);
        Assert.Equal(6, reports.Count(r => r.StartsWith("eject", StringComparison.Ordinal)));
        Assert.All(reports, r => Assert.InRange(int.Parse(r.Split(' ')[1], null), 0, 6));
    }

    [Fact]
    public void Doorbell_AllocatesNothing()
    {
        (CpuHotplugController controller, _) = Create(4, enabled: 1, new SilentHost());
        byte[] ost = [0, 0, 1, 0];
        byte[] eject = [3, 0, 0, 0];
        controller.Write(0, ost);
        controller.Write(0, eject);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            controller.Write(0, ost);
            controller.Write(0, eject);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private (CpuHotplugController Controller, HotplugGuest Guest) Create(int count, int enabled, ICpuHotplugHost? host = null)
    {
        ImmutableArray<uint> apicIds = [.. Enumerable.Range(0, count).Select(i => (uint)i)];
        var controller = new CpuHotplugController(apicIds, memory, new GuestAddress(Area), 0x620, host ?? this, NullDeviceLog.Instance);
        controller.Reset(Enumerable.Range(0, enabled));
        return (controller, new HotplugGuest(memory, new GuestAddress(Area), controller, count));
    }

    private byte[] Snapshot(int count)
    {
        byte[] bytes = new byte[CpuHotplugController.GetAreaSize(count)];
        memory.Read(new GuestAddress(Area), bytes);
        return bytes;
    }

    private sealed class SilentHost : ICpuHotplugHost
    {
        public void OnEjected(int index) { }

        public void OnStatus(int index, uint sourceEvent, uint status) { }
    }
}
