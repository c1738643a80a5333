using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Limber.Virtio;
using Limber.Virtio.TestKit;
using Limber.VirtioConsole.Balloon;

namespace Limber.VirtioConsole.Tests;

public sealed class BalloonTests : IDisposable
{
    private const uint LastPage = (uint)(TestMemory.Last / 4096);
    private readonly VirtioRig rig = new(context =>
        new BalloonDevice(context, new BalloonOptions { FreePageReporting = true, DeflateOnOutOfMemory = true }, TimeProvider.System));

    private BalloonDevice Device => (BalloonDevice)rig.Device;

    public void Dispose() => rig.Dispose();

    [Fact]
    public void Registers_AreThoseOfTheOptions()
    {
        Assert.Equal(4, rig.Registers.QueueCount);
        Assert.Equal(0b10_0110UL, rig.Registers.DeviceFeatures & 0xff_ffff);
        Assert.Equal(8, rig.Registers.ConfigLength);
        using var plain = new VirtioRig(context => new BalloonDevice(context, new BalloonOptions { Statistics = false, TargetPages = 77 }, TimeProvider.System));
        Assert.Equal(2, plain.Registers.QueueCount);
        Assert.Equal(0UL, plain.Registers.DeviceFeatures & 0xff_ffff);
        Assert.Equal(77u, ((BalloonDevice)plain.Device).TargetPages);
    }

    [Fact]
    public void Target_IsInTheConfiguration_AndTheDriverHearsOfIt()
    {
        Device.TargetPages = 5;
        Assert.Equal(0, rig.Transport.ConfigInterrupts);
        rig.Start(0);
        Device.TargetPages = 0x12345;
        byte[] config = new byte[8];
        rig.Registers.TryReadConfig(0, config);

        Assert.Equal([0x45, 0x23, 1, 0, 0, 0, 0, 0], config);
        Assert.Equal(1, rig.Transport.ConfigInterrupts);
    }

    [Fact]
    public void Actual_WrittenByTheDriver_IsAnEvent_AndGoneAfterAReset()
    {
        List<uint> seen = [];
        Device.ActualChanged += device => seen.Add(device.ActualPages);
        rig.Start(0);
        WriteActual(256);
        WriteActual(256);
        WriteActual(100);
        rig.Registers.TryWriteConfig(0, [1, 2, 3, 4]);
        rig.OnLoop(() => { });

        Assert.Equal([256u, 100u], seen);
        Assert.Equal(0u, Device.TargetPages);
        rig.ResetAsDriver();
        Assert.Equal([256u, 100u, 0u], seen);
    }

    [Fact]
    public void Inflate_ReleasesExactlyThePagesNamed()
    {
        Fill(0, 8);
        rig.Start(0);
        Inflate(LastPage + 1, LastPage + 2, LastPage + 5, LastPage + 4);

        Assert.Equal([1, 0, 0, 1, 0, 0, 1, 1], FirstBytes(8));
        Assert.Equal(new BalloonCounters(4 * 4096, 0, 0), Device.Counters);
        Inflate(LastPage);
        rig.Submit(1, rig.Filled([.. BitConverter.GetBytes(LastPage)]));
        rig.Reap(1);
        Fill(0, 1);
        Assert.Equal(1, FirstBytes(1)[0]);
    }

    [Fact]
    public void Inflate_OverASeamAndIntoAHole_ReleasesWhatIsThere()
    {
        uint seam = (uint)(TestMemory.Seam / 4096);
        uint hole = (uint)(TestMemory.Hole / 4096);
        rig.Memory.Write(new(TestMemory.Seam - 4096), new byte[] { 9 });
        rig.Memory.Write(new(TestMemory.Seam), new byte[] { 9 });
        rig.Memory.Write(new(TestMemory.Hole - 4096), new byte[] { 9 });
        rig.Start(0);
        Inflate(seam - 1, seam, hole - 1, hole, hole + 1, LastPage - 1, LastPage, 0xffff_ffff, 0xffff_fffe);

        Assert.Equal(new BalloonCounters(4 * 4096, 5, 0), Device.Counters);
        Assert.Equal(0, rig.Memory.Read(new(TestMemory.Seam - 4096), 1)[0]);
        Assert.Equal(0, rig.Memory.Read(new(TestMemory.Seam), 1)[0]);
        Assert.Equal(0, rig.Memory.Read(new(TestMemory.Hole - 4096), 1)[0]);
        Assert.Equal(["page for the balloon that is no RAM"], rig.Log.Oddities);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Inflate_RandomLists_ReleaseExactlyTheirPages(int seed)
    {
        const int Pages = (int)(TestMemory.RegionSize / 4096);
        var random = new Random(seed);
        bool[] released = new bool[Pages];
        Fill(0, Pages);
        rig.Start(0);
        for (int round = 0; round < 20; round++)
        {
            uint[] list = new uint[random.Next(1, 60)];
            uint page = 0;
            for (int i = 0; i < list.Length; i++)
            {
                // Runs in both directions, repetitions, jumps, and numbers beyond the RAM.
                page = random.Next(6) switch
                {
                    0 => LastPage + (uint)random.Next(Pages),
                    1 => LastPage + Pages + (uint)random.Next(1000),
                    2 => unchecked(page - 1),
                    3 => page,
                    _ => unchecked(page + 1),
                };
                list[i] = page < LastPage ? LastPage : page;
                if (list[i] < LastPage + Pages)
                {
                    released[list[i] - LastPage] = true;
                }
            }

            Inflate(list);
        }

        byte[] first = FirstBytes(Pages);
        Assert.Equal(released, Array.ConvertAll(first, b => b == 0));
        Assert.Contains(true, released);
        Assert.Contains(false, released);
    }

    [Fact]
    public void Inflate_MoreThanTheLimit_IsCutAndCounted()
    {
        rig.Start(0);
        DriverBuffer list = rig.Buffer((64 * 1024) + 4, false);
        uint[] pages = new uint[(16 * 1024) + 1];
        Array.Fill(pages, 0xffff_0000u);
        rig.Memory.Write(list.Address, MemoryMarshal.AsBytes<uint>(pages));
        rig.Submit(0, list);
        rig.Reap(0);

        Assert.Equal(16 * 1024, Device.Counters.IgnoredPages);
        Assert.Contains("list of pages of a length that is not possible", rig.Log.Oddities);
    }

    [Fact]
    public void Inhibited_KeepsThePages()
    {
        Fill(0, 1);
        Device.IsInhibited = true;
        rig.Start(0);
        Inflate(LastPage);

        Assert.Equal(1, FirstBytes(1)[0]);
        Assert.Equal(default, Device.Counters);
    }

    [Theory]
    [InlineData(BalloonFeatures.Statistics | BalloonFeatures.FreePageReporting, 3)]
    [InlineData(BalloonFeatures.FreePageReporting, 2)]
    public void Reporting_ReleasesWholePagesOnly_OnTheQueueThatLinuxUses(ulong features, int queue)
    {
        Fill(0, 6);
        rig.Start(features);
        rig.Submit(queue, new DriverBuffer(new(TestMemory.Last + 4095), 8192 + 2, true), new DriverBuffer(new(TestMemory.Last + 0x4000), 4096, true));
        rig.Reap(queue);

        Assert.Equal([1, 0, 0, 1, 0, 1], FirstBytes(6));
        Assert.Equal(3 * 4096, Device.Counters.ReleasedBytes);
    }

    private void WriteActual(uint pages)
    {
        rig.Registers.TryWriteConfig(4, BitConverter.GetBytes(pages));
        rig.OnLoop(() => { });
    }

    private void Inflate(params uint[] pages)
    {
        rig.Submit(0, rig.Filled(MemoryMarshal.AsBytes<uint>(pages).ToArray()));
        rig.Reap(0);
    }

    private void Fill(int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            rig.Memory.Write(new(TestMemory.Last + ((ulong)i * 4096)), new byte[] { 1 });
        }
    }

    private byte[] FirstBytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = rig.Memory.Read(new(TestMemory.Last + ((ulong)i * 4096)), 1)[0];
        }

        return bytes;
    }
}
