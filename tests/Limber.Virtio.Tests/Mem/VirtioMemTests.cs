using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Memory;
using Limber.Virtio.Mem;
using Limber.Virtio.TestKit;

namespace Limber.Virtio.Tests.Mem;

public sealed class VirtioMemTests : IDisposable
{
    private const ulong MiB = 1UL << 20;
    private const ulong Start = 5UL << 30;
    private const ulong Region = 1024 * MiB;
    private const ushort Plug = 0;
    private const ushort Unplug = 1;
    private const ushort UnplugAll = 2;
    private const ushort State = 3;
    private const ushort Ack = 0;
    private const ushort Nack = 1;
    private const ushort Busy = 2;
    private const ushort Error = 3;

    private readonly FakeBlocks blocks = new();
    private readonly List<ulong> sizes = [];
    private readonly VirtioRig rig;

    public VirtioMemTests()
    {
        rig = new VirtioRig(context => new VirtioMem(
            context, new VirtioMemOptions(new GuestRange(new GuestAddress(Start), Region), 2 * MiB, 64 * MiB, 3), blocks));
        Device.PluggedSizeChanged += device => sizes.Add(device.PluggedSize);
    }

    private VirtioMem Device => (VirtioMem)rig.Device;

    public void Dispose() => rig.Dispose();

    [Fact]
    public void Config_SaysWhatTheSpecificationWants()
    {
        byte[] config = new byte[56];
        Assert.True(rig.Registers.TryReadConfig(0, config));
        Assert.Equal(2 * MiB, BitConverter.ToUInt64(config, 0));
        Assert.Equal(3, BitConverter.ToUInt16(config, 8));
        Assert.Equal(Start, BitConverter.ToUInt64(config, 16));
        Assert.Equal(Region, BitConverter.ToUInt64(config, 24));
        Assert.Equal(Region, BitConverter.ToUInt64(config, 32));
        Assert.Equal(0UL, BitConverter.ToUInt64(config, 40));
        Assert.Equal(64 * MiB, BitConverter.ToUInt64(config, 48));
        Assert.Equal(3UL, rig.Registers.DeviceFeatures & 7);
    }

    [Fact]
    public void Driver_ThatPromisesNothing_IsNotServed()
    {
        rig.Registers.WriteStatus(3);
        rig.Registers.DriverFeatures = VirtioFeatures.Version1;
        rig.Registers.WriteStatus(0x0b);
        Assert.Equal(VirtioStatus.None, rig.Registers.Status & VirtioStatus.FeaturesOk);
    }

    [Fact]
    public void Blocks_ArePluggedUpToTheRequestedSize()
    {
        rig.Start(2);
        Assert.Equal(Ack, Request(Plug, Start, 30));
        Assert.Equal(Nack, Request(Plug, Start + (60 * MiB), 3));
        Assert.Equal(Ack, Request(Plug, Start + (60 * MiB), 2));
        Assert.Equal(Nack, Request(Plug, Start + (100 * MiB), 1));
        Assert.Equal(64 * MiB, Device.PluggedSize);
        Assert.Equal(64 * MiB, ConfigWord(40));
        Assert.Equal(["plug 0+60", "plug 60+4"], blocks.Calls);
        Assert.Equal([60 * MiB, 64 * MiB], sizes);
        Assert.Empty(rig.Log.Oddities);
    }

    [Fact]
    public void Blocks_InTheWrongState_AreAnError()
    {
        rig.Start(2);
        Assert.Equal(Ack, Request(Plug, Start, 4));
        Assert.Equal(Error, Request(Plug, Start + (6 * MiB), 2));
        Assert.Equal(Error, Request(Unplug, Start + (6 * MiB), 2));
        Assert.Equal(Ack, Request(Unplug, Start + (2 * MiB), 2));
        Assert.Equal(["plug 0+8", "unplug 2+4"], blocks.Calls);
        Assert.Equal((Ack, 2), RequestState(Start, 4));
        Assert.Equal((Ack, 1), RequestState(Start + (2 * MiB), 2));
        Assert.Equal((Ack, 0), RequestState(Start, 1));
        Assert.Equal(4 * MiB, Device.PluggedSize);
    }

    [Theory]
    [InlineData(Start + 1, 1)]
    [InlineData(Start - (2 * MiB), 1)]
    [InlineData(Start, 0)]
    [InlineData(Start + Region, 1)]
    [InlineData(Start + Region - (2 * MiB), 2)]
    [InlineData(Start, 0xFFFF)]
    [InlineData(0xFFFF_FFFF_FFE0_0000, 0xFFFF)]
    [InlineData(0UL, 1)]
    public void Places_OutsideOfTheRegion_AreAnError(ulong address, int count)
    {
        rig.Start(2);
        foreach (ushort type in (ushort[])[Plug, Unplug, State])
        {
            Assert.Equal(Error, Request(type, address, (ushort)count));
        }

        Assert.Equal(Error, Request(7, Start, 1));
        Assert.Empty(blocks.Calls);
        Assert.Equal(4, rig.Log.Oddities.Length);
    }

    [Fact]
    public void Host_ThatRefuses_IsBusy()
    {
        rig.Start(2);
        Assert.Equal(Ack, Request(Plug, Start, 2));
        blocks.Refuses = true;
        Assert.Equal(Busy, Request(Plug, Start + (4 * MiB), 1));
        Assert.Equal(Busy, Request(Unplug, Start, 2));
        Assert.Equal(Busy, Request(UnplugAll, 0, 0));
        Assert.Equal(4 * MiB, Device.PluggedSize);
        Assert.Equal((Ack, 0), RequestState(Start, 2));
    }

    [Fact]
    public void UnplugAll_GivesBackEveryRun()
    {
        rig.Start(2);
        Request(Plug, Start, 2);
        Request(Plug, Start + (500 * MiB), 3);
        Request(Plug, Start + Region - (2 * MiB), 1);
        blocks.Calls.Clear();
        Assert.Equal(Ack, Request(UnplugAll, 0, 0));
        Assert.Equal(["unplug 0+4", "unplug 500+6", "unplug 1022+2"], blocks.Calls);
        Assert.Equal(0UL, Device.PluggedSize);
        Assert.Equal((Ack, 1), RequestState(Start, 512));
    }

    [Fact]
    public void RequestedSize_IsToldOnce()
    {
        rig.Start(2);
        Eventually.Holds(() => (rig.Registers.Status & VirtioStatus.DriverOk) != 0, "a driver");
        int before = rig.Transport.ConfigInterrupts;
        Device.RequestedSize = 128 * MiB;
        Device.RequestedSize = 128 * MiB;
        Assert.Equal(before + 1, rig.Transport.ConfigInterrupts);
        Assert.Equal(128 * MiB, ConfigWord(48));
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.RequestedSize = Region + (2 * MiB));
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.RequestedSize = MiB);
        Assert.Equal(128 * MiB, Device.RequestedSize);
    }

    [Fact]
    public void UsableSize_ShrinksOnlyWithoutBlocks()
    {
        rig.Start(2);
        Request(Plug, Start, 1);
        Device.RequestedSize = 0;
        Assert.Equal(Region, ConfigWord(32));
        Assert.Equal(Ack, Request(Unplug, Start, 1));
        Assert.Equal(Ack, Request(UnplugAll, 0, 0));
        Assert.Equal(0UL, ConfigWord(32));
        Assert.Equal(Error, Request(Plug, Start, 1));
    }

    [Fact]
    public void Blocks_OutliveTheDriver_AndNotTheMachine()
    {
        rig.Start(2);
        Request(Plug, Start, 8);
        rig.ResetAsDriver();
        Assert.Equal(16 * MiB, Device.PluggedSize);
        sizes.Clear();
        Device.UnplugAll();
        Assert.Equal([0UL], sizes);
        Assert.Equal(64 * MiB, Device.RequestedSize);
        Device.UnplugAll();
        Assert.Single(sizes);
    }

    [Fact]
    public void Requests_TooShort_AreGivenBack()
    {
        rig.Start(2);
        rig.Submit(0, rig.Filled(new byte[23]), rig.Buffer(10, true));
        Assert.Equal(0u, rig.Reap(0).Written);
        rig.Submit(0, rig.Filled(new byte[24]), rig.Buffer(9, true));
        Assert.Equal(0u, rig.Reap(0).Written);
        Assert.Equal(2, rig.Log.Oddities.Length);
        Assert.Empty(blocks.Calls);
    }

    [Theory]
    [InlineData(1 << 20, 64 << 20, 0, "block size 0x100000")]
    [InlineData(3 << 20, 64 << 20, 0, "block size 0x300000")]
    [InlineData(4 << 20, 66 << 20, 0, "size 0x4200000")]
    [InlineData(4 << 20, 64 << 20, 2 << 20, "requested size 0x200000")]
    [InlineData(4 << 20, 64 << 20, 68 << 20, "requested size 0x4400000")]
    public void Options_ThatContradict_AreNamed(ulong block, ulong size, ulong requested, string text)
    {
        var options = new VirtioMemOptions(new GuestRange(new GuestAddress(Start), size), block, requested, null);
        Assert.StartsWith(text, options.FindProblem(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void RandomRequests_AgreeWithAModel()
    {
        rig.Start(2);
        var random = FuzzSeed.Create(5);
        bool[] model = new bool[512];
        ulong requested = 64 * MiB;
        for (int i = 0; i < 3000; i++)
        {
            if (random.Next(20) == 0)
            {
                requested = (ulong)random.Next(513) * 2 * MiB;
                Device.RequestedSize = requested;
            }

            int first = random.Next(512);
            int count = Math.Min(random.Next(1, 64), 512 - first);
            bool plug = random.Next(2) == 0;
            ushort response = Request(plug ? Plug : Unplug, Start + ((ulong)first * 2 * MiB), (ushort)count);
            bool right = model.AsSpan(first, count).IndexOf(plug) < 0;
            ulong plugged = (ulong)model.Count(b => b) * 2 * MiB;
            bool fits = !plug || plugged + ((ulong)count * 2 * MiB) <= requested;
            ushort expected = !right ? Error : !fits ? Nack : Ack;
            if (response != expected)
            {
                // Places may be unusable after the wish was nothing.
                Assert.True(response == Error && ConfigWord(32) < Region, $"{i}: {response} instead of {expected}");
            }
            else if (response == Ack)
            {
                model.AsSpan(first, count).Fill(plug);
            }

            Assert.Equal((ulong)model.Count(b => b) * 2 * MiB, Device.PluggedSize);
        }
    }

    [Fact]
    public async Task Wishes_ThatChangeWhileTheGuestPlugs_NeitherHangNorTear()
    {
        rig.Start(2);
        bool stop = false;
        Task wishes = Task.Run(
            () =>
            {
                for (ulong i = 0; !Volatile.Read(ref stop); i++)
                {
                    Device.RequestedSize = i * 7 % 513 * 2 * MiB;
                    _ = Device.PluggedSize;
                }
            },
            TestContext.Current.CancellationToken);
        for (int i = 0; i < 300; i++)
        {
            ulong place = Start + ((ulong)(i * 5 % 500) * 2 * MiB);
            _ = Request(Plug, place, (ushort)((i % 4) + 1));
            _ = Request(i % 50 == 49 ? UnplugAll : Unplug, place, 1);
        }

        Volatile.Write(ref stop, true);
        await wishes;
        Request(UnplugAll, 0, 0);
        Assert.Equal(0UL, Device.PluggedSize);
        Assert.Equal(Device.RequestedSize, ConfigWord(48));
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    public void Wish_DoesNotWaitForTheHost_WhichTakesMemoryBack()
    {
        rig.Start(2);
        Assert.Equal(Ack, Request(Plug, Start, 4));
        bool returned = false;
        blocks.Before = () => returned = Task.Run(() => Device.RequestedSize = 2 * MiB).Wait(TimeSpan.FromSeconds(30));
        Assert.Equal(Ack, Request(Unplug, Start, 4));
        Assert.True(returned);
        Assert.Equal(2 * MiB, ConfigWord(48));
        Assert.Equal(0UL, Device.PluggedSize);
    }

    private ushort Request(ushort type, ulong address, ushort count) => Send(type, address, count).Response;

    private (ushort Response, int State) RequestState(ulong address, ushort count) => Send(State, address, count);

    private (ushort Response, int State) Send(ushort type, ulong address, ushort count)
    {
        byte[] request = new byte[24];
        BitConverter.TryWriteBytes(request, type);
        BitConverter.TryWriteBytes(request.AsSpan(8), address);
        BitConverter.TryWriteBytes(request.AsSpan(16), count);
        rig.Memory.Forget();
        rig.Memory.Allocate(0x10000);
        DriverBuffer answer = rig.Buffer(10, true);
        rig.Submit(0, rig.Filled(request), answer);
        Assert.Equal(10u, rig.Reap(0).Written);

        // The size is announced after the response; the next one waits for its loop.
        rig.OnLoop(() => { });
        byte[] response = rig.Memory.Read(answer.Address, 10);
        return (BitConverter.ToUInt16(response), BitConverter.ToUInt16(response, 8));
    }

    private ulong ConfigWord(int offset)
    {
        byte[] word = new byte[8];
        Assert.True(rig.Registers.TryReadConfig((ulong)offset, word));
        return BitConverter.ToUInt64(word);
    }
}
