using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Limber.Memory;
using Limber.Virtio.Balloon;
using Limber.Virtio.TestKit;

namespace Limber.Virtio.Tests.Balloon;

public sealed class VirtioBalloonConformanceTests : VirtioHostileConformance<VirtioBalloon>
{
    protected override ulong DeviceFeatures => 0x22;

    protected override VirtioBalloon Create(VirtioDeviceContext context) =>
        new(context, new GuestBalloonMemory(context.Memory), new VirtioBalloonOptions(0, true, true));

    protected override DriverBuffer[] MakeRequest(VirtioRig rig)
    {
        uint page = (uint)(TestMemory.Last >> 12);
        return [rig.Filled([.. BitConverter.GetBytes(page), .. BitConverter.GetBytes(page + 1)])];
    }

    protected override void CheckAnswer(VirtioRig rig, DriverBuffer[] request, uint written) => Assert.Equal(0u, written);
}

public sealed class VirtioBalloonTests
{
    private const uint LastPage = (uint)(TestMemory.Last >> 12);

    [Fact]
    public void Inflate_ReleasesExactlyThosePages()
    {
        using VirtioRig rig = Start(out _);
        Fill(rig, LastPage, 4);
        Submit(rig, 0, LastPage + 1, LastPage + 2);

        Assert.All(rig.Memory.Read(new(TestMemory.Last + 0x1000), 0x2000), value => Assert.Equal(0, value));
        Assert.All(rig.Memory.Read(new(TestMemory.Last), 0x1000), value => Assert.Equal(0x55, value));
        Assert.All(rig.Memory.Read(new(TestMemory.Last + 0x3000), 0x1000), value => Assert.Equal(0x55, value));
        Assert.Empty(rig.Log.Oddities);
    }

    [Fact]
    public void Inflate_Runs_AreReleasedTogether()
    {
        var memory = new RecordingMemory();
        using var rig = new VirtioRig(context => new VirtioBalloon(context, memory, new VirtioBalloonOptions(0, false, false)));
        rig.Start(0x2);
        Submit(rig, 0, [LastPage + 5, LastPage + 6, LastPage + 7, LastPage + 3, LastPage + 2, LastPage + 9]);

        Assert.Equal([0x3000u, 0x2000u, 0x1000u], memory.Released.Select(range => (uint)range.Length));
    }

    [Fact]
    public void Inflate_AcrossRegions_IsReleasedInParts()
    {
        var memory = new RecordingMemory();
        using var rig = new VirtioRig(context => new VirtioBalloon(context, memory, new VirtioBalloonOptions(0, false, false)));
        rig.Start(0x2);
        uint seam = (uint)(TestMemory.Seam >> 12);
        Submit(rig, 0, seam - 2, seam - 1, seam);

        Assert.Equal([0x2000u, 0x1000u], memory.Released.Select(range => (uint)range.Length));
    }

    [Fact]
    public void Inflate_OutsideOfRam_IsCounted()
    {
        using VirtioRig rig = Start(out _);
        Fill(rig, LastPage, 1);
        Submit(rig, 0, (uint)(TestMemory.Hole >> 12), uint.MaxValue, LastPage);

        Assert.Equal(["balloon page that is not RAM or can't be released"], rig.Log.Oddities);
        Assert.All(rig.Memory.Read(new(TestMemory.Last), 0x1000), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Deflate_ComesBackAndChangesNothing()
    {
        using VirtioRig rig = Start(out _);
        Fill(rig, LastPage, 1);
        Submit(rig, 1, LastPage);

        Assert.All(rig.Memory.Read(new(TestMemory.Last), 0x1000), value => Assert.Equal(0x55, value));
    }

    [Fact]
    public void Target_Changed_ShowsInConfigurationAndInterrupts()
    {
        using VirtioRig rig = Start(out VirtioBalloon balloon);
        balloon.Target = 0x12_3fff;

        byte[] config = new byte[8];
        rig.Registers.TryReadConfig(0, config);
        Assert.Equal(0x123u, BinaryPrimitives.ReadUInt32LittleEndian(config));
        Assert.Equal(0x12_3000UL, balloon.Target);
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
    }

    [Fact]
    public void Actual_WrittenByGuest_IsReportedAndForgottenOnReset()
    {
        using VirtioRig rig = Start(out VirtioBalloon balloon);
        ulong seen = 0;
        balloon.ActualChanged += changed => seen = changed.Actual + 1;
        rig.OnLoop(() => { });
        rig.Registers.TryWriteConfig(4, [0x10, 0, 0, 0]);
        Eventually.Holds(() => seen == 0x1_0001, "a report of 16 pages");
        balloon.Target = 0x8000;

        rig.ResetAsDriver();

        Assert.Equal(0UL, balloon.Actual);
        Assert.Equal(0x8000UL, balloon.Target);
        Assert.Equal(1UL, seen);
    }

    [Fact]
    public void Statistics_AreAskedForAndTaken()
    {
        using VirtioRig rig = Start(out VirtioBalloon balloon);
        DriverBuffer buffer = rig.Filled([.. Statistic(4, 1000), .. Statistic(5, 2000), .. Statistic(99, 1)]);
        rig.Submit(2, buffer);
        Eventually.Holds(() => balloon.Statistics is not null, "the first statistics");
        Assert.Equal(1000UL, balloon.Statistics!.FreeMemory);
        Assert.Equal(2000UL, balloon.Statistics.TotalMemory);
        Assert.Null(balloon.Statistics.SwapIn);
        Assert.False(rig[2].TryReap(out _, out _));

        balloon.PollStatistics(TimeSpan.FromMinutes(1));
        rig.Reap(2);
        rig.Memory.Write(buffer.Address, Statistic(4, 500));
        rig.Submit(2, buffer);

        Eventually.Holds(() => balloon.Statistics!.FreeMemory == 500, "the second statistics");
    }

    [Fact]
    public void Statistics_BufferHeld_DoesNotHoldUpPauseOrReset()
    {
        using VirtioRig rig = Start(out VirtioBalloon balloon);
        rig.Submit(2, rig.Filled(Statistic(4, 1000)));
        Eventually.Holds(() => balloon.Statistics is not null, "statistics");

        rig.Device.Pause();
        balloon.PollStatistics(TimeSpan.FromMinutes(1));
        rig.OnLoop(() => { });
        Assert.False(rig[2].TryReap(out _, out _));
        rig.Device.Resume();
        rig.Reap(2);
        rig.Submit(2, rig.Filled(Statistic(4, 1000)));
        rig.ResetAsDriver();
    }

    [Fact]
    public void Statistics_BufferHeldInPause_IsForgottenByReset()
    {
        using VirtioRig rig = Start(out VirtioBalloon balloon);
        rig.Submit(2, rig.Filled(Statistic(4, 1000)));
        Eventually.Holds(() => balloon.Statistics is not null, "statistics");
        rig.Device.Pause();
        rig.ResetAsDriver();
        rig.Device.Resume();
        rig.Start(0x26);
        rig.Submit(2, rig.Filled(Statistic(4, 2000)));

        Eventually.Holds(() => balloon.Statistics?.FreeMemory == 2000, "statistics");
        Assert.Empty(rig.Log.Oddities);
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Reporting_ReleasesWholePagesOnly()
    {
        using VirtioRig rig = Start(out _);
        Fill(rig, LastPage, 3);
        rig.Submit(3, new DriverBuffer(new(TestMemory.Last + 0x800), 0x2000, true));
        rig.Reap(3);

        Assert.All(rig.Memory.Read(new(TestMemory.Last + 0x1000), 0x1000), value => Assert.Equal(0, value));
        Assert.All(rig.Memory.Read(new(TestMemory.Last), 0x1000), value => Assert.Equal(0x55, value));
        Assert.All(rig.Memory.Read(new(TestMemory.Last + 0x2000), 0x1000), value => Assert.Equal(0x55, value));
    }

    [Fact]
    public void Reporting_WithoutStatistics_MovesUpOneQueue()
    {
        using var rig = new VirtioRig(
            context => new VirtioBalloon(context, new GuestBalloonMemory(context.Memory), new VirtioBalloonOptions(0, false, true)));
        rig.Start(0x20);
        Fill(rig, LastPage, 1);
        rig.Submit(2, new DriverBuffer(new(TestMemory.Last), 0x1000, true));
        rig.Reap(2);

        Assert.All(rig.Memory.Read(new(TestMemory.Last), 0x1000), value => Assert.Equal(0, value));
    }

    private static VirtioRig Start(out VirtioBalloon balloon)
    {
        var rig = new VirtioRig(
            context => new VirtioBalloon(context, new GuestBalloonMemory(context.Memory), new VirtioBalloonOptions(0, true, true)));
        balloon = (VirtioBalloon)rig.Device;
        rig.Start(0x26);
        return rig;
    }

    private static void Submit(VirtioRig rig, int queue, params uint[] pages)
    {
        rig.Submit(queue, rig.Filled([.. pages.SelectMany(BitConverter.GetBytes)]));
        rig.Reap(queue);
    }

    private static void Fill(VirtioRig rig, uint page, int count)
    {
        byte[] data = new byte[count << 12];
        Array.Fill(data, (byte)0x55);
        rig.Memory.Write(new GuestAddress((ulong)page << 12), data);
    }

    private static byte[] Statistic(ushort tag, ulong value) => [.. BitConverter.GetBytes(tag), .. BitConverter.GetBytes(value)];

    private sealed class RecordingMemory : IBalloonMemory
    {
        public List<(nint Host, nuint Length)> Released { get; } = [];

        public bool Release(nint host, nuint length)
        {
            Released.Add((host, length));
            return true;
        }
    }
}
