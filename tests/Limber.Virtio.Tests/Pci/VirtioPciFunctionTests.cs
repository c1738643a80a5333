using System;
using System.Linq;
using Limber.Device;
using Limber.Virtio.Pci;
using Limber.Virtio.Rng;
using Limber.Virtio.TestKit;
using Limber.Virtio.Tests.Fakes;

namespace Limber.Virtio.Tests.Pci;

public sealed class VirtioPciFunctionTests
{
    [Fact]
    public void Identity_IsThatOfAModernDevice()
    {
        using PciRig rig = CreateRng();

        Assert.Equal(0x1044_1af4u, rig.ReadConfig(0));
        Assert.Equal(0x00ff_0001u, rig.ReadConfig(8));
        Assert.Equal(0x1100_1af4u, rig.ReadConfig(0x2c));
    }

    [Fact]
    public void Capabilities_LeadToAllStructures()
    {
        using PciRig rig = CreateEcho();

        Assert.Equal([1u, 3u, 4u, 2u, 5u], rig.FindCapabilities(9).Select(at => rig.ReadConfig(at + 3, 1)));
        foreach (int at in rig.FindCapabilities(9))
        {
            Assert.Equal(rig.ReadConfig(at + 3, 1) is 2 or 5 ? 20u : 16u, rig.ReadConfig(at + 2, 1));
            Assert.Equal(0u, rig.ReadConfig(at + 4, 1));
        }

        Assert.Equal(12u, rig.ReadConfig(rig.FindVirtio(4) + 12));
        Assert.Equal(4u, rig.ReadConfig(rig.FindVirtio(2) + 16));
        Assert.Equal(0x0001u, rig.ReadConfig(rig.FindCapabilities(0x11).Single() + 2, 2));
    }

    [Fact]
    public void Capabilities_WithoutConfiguration_HaveNoDeviceStructure()
    {
        using PciRig rig = CreateRng();

        Assert.DoesNotContain(4u, rig.FindCapabilities(9).Select(at => rig.ReadConfig(at + 3, 1)));
    }

    [Theory]
    [InlineData(VirtioFeatures.EventIndex)]
    [InlineData(VirtioFeatures.RingPacked | VirtioFeatures.IndirectDescriptors)]
    public void Driver_ThroughTheBar_GetsAnswersByMsix(ulong features)
    {
        using PciRig rig = CreateRng();
        rig.Enable();
        rig.EnableMsix();
        RingDriver ring = rig.Start(features, vector: 1);
        DriverBuffer buffer = rig.Rig.Buffer(32, true);
        for (int i = 0; i < 40; i++)
        {
            int before = rig.Vectors[1].Signals;
            ring.SetInterrupts(wanted: true);
            Assert.True(ring.TrySubmit([buffer], out _));
            ring.Publish();
            rig.Notify(0);
            uint written = 0;
            Eventually.Holds(() => ring.TryReap(out _, out written), "a used buffer");
            Eventually.Holds(() => rig.Vectors[1].Signals > before, "an interrupt");
            Assert.Equal(32u, written);
        }

        Assert.Equal(0, rig.Vectors[0].Signals);
        Assert.False(rig.Line.Level);
    }

    [Fact]
    public void Interrupt_WithoutMsix_UsesPinAndIsr()
    {
        using PciRig rig = CreateRng();
        rig.Enable();
        RingDriver ring = rig.Start(0);
        ring.TrySubmit([rig.Rig.Buffer(8, true)], out _);
        ring.Publish();
        rig.Notify(0);
        Eventually.Holds(() => rig.Line.Level, "the pin");

        Assert.Equal(1UL, rig.Read(0x1000, 1));
        Assert.False(rig.Line.Level);
        Assert.Equal(0UL, rig.Read(0x1000, 4));
    }

    [Fact]
    public void ConfigChange_WithoutMsix_SetsTheOtherIsrBit_MsixTakesThePinAway()
    {
        using PciRig rig = CreateEcho();
        rig.Enable();
        rig.Start(0);
        ((EchoDevice)rig.Rig.Device).ChangeConfig(5);
        Assert.True(rig.Line.Level);

        rig.EnableMsix();

        Assert.False(rig.Line.Level);
        Assert.Equal(0UL, rig.Read(0x1000, 1));
        ((EchoDevice)rig.Rig.Device).ChangeConfig(6);
        Assert.Equal(1, rig.Vectors[0].Signals);
        Assert.Equal(6UL, rig.Read(0x2000, 4));
    }

    [Fact]
    public void Doorbells_FollowTheBar()
    {
        using var rig = new PciRig(context => new EchoDevice(context, queues: 3));
        Assert.Empty(rig.Doorbells);
        rig.Enable();
        Assert.Equal([PciRig.BarAddress + 0x3000, PciRig.BarAddress + 0x3004, PciRig.BarAddress + 0x3008], rig.Doorbells.Keys.Order().ToArray());
        Assert.Same(rig.Rig.Registers.GetDoorbell(1), rig.Doorbells[PciRig.BarAddress + 0x3004]);

        rig.WriteConfig(0x14, 0x11);
        Assert.Equal([0x11_0000_3000UL, 0x11_0000_3004, 0x11_0000_3008], rig.Doorbells.Keys.Order().ToArray());
        rig.WriteConfig(0x04, 0, 2);
        Assert.Empty(rig.Doorbells);
    }

    [Fact]
    public void Doorbells_WithoutRoom_NotificationsReachTheBus()
    {
        using PciRig rig = CreateRng();
        rig.DoorbellRoom = 0;
        rig.Enable();
        RingDriver ring = rig.Start(0);
        ring.TrySubmit([rig.Rig.Buffer(8, true)], out _);
        ring.Publish();
        rig.Notify(0);

        Eventually.Holds(() => ring.TryReap(out _, out _), "a used buffer");
        Assert.NotEqual(IoStatus.Ok, rig.Write(0x3004, 1, 2));
    }

    [Fact]
    public void Reset_ByDriver_ReadsZeroInTheEndAndClearsVectors()
    {
        using PciRig rig = CreateRng();
        rig.Enable();
        rig.EnableMsix();
        rig.Start(0, vector: 1);
        Assert.Equal(1UL, rig.Read(0x1a, 2));

        rig.Write(0x14, 0, 1);
        Eventually.Holds(() => rig.Read(0x14, 1) == 0, "status 0");

        Assert.Equal(0xffffUL, rig.Read(0x10, 2));
        Assert.Equal(0xffffUL, rig.Read(0x1a, 2));
        Assert.Equal(256UL, rig.Read(0x18, 2));
        Assert.Equal(0UL, rig.Read(0x20, 8));
        rig.Start(0, vector: 1);
    }

    [Fact]
    public void Reset_ByMachine_TakesTheBarAwayAndEndsTheDevice()
    {
        using PciRig rig = CreateRng();
        rig.Enable();
        rig.Start(0);

        rig.Function.Reset();
        rig.Rig.Device.Reset();

        Assert.Empty(rig.Doorbells);
        Assert.Equal(VirtioStatus.None, rig.Rig.Registers.Status);
        Assert.Equal(IoStatus.NoResponse, rig.Write(0x14, 1, 1));
    }

    [Fact]
    public void Vector_BeyondTheTable_ReadsBackAsNone()
    {
        using PciRig rig = CreateRng();
        rig.Enable();
        rig.Write(0x10, 2, 2);
        rig.Write(0x1a, 7, 2);

        Assert.Equal(0xffffUL, rig.Read(0x10, 2));
        Assert.Equal(0xffffUL, rig.Read(0x1a, 2));
    }

    [Fact]
    public void QueueSelect_BeyondTheQueues_ReadsSizeZero()
    {
        using PciRig rig = CreateRng();
        rig.Enable();
        rig.Write(0x16, 1, 2);
        rig.Write(0x18, 8, 2);
        rig.Write(0x1a, 0, 2);
        rig.Write(0x1c, 1, 2);

        Assert.Equal(0UL, rig.Read(0x18, 2));
        Assert.Equal(0UL, rig.Read(0x1c, 2));
        Assert.Equal(1UL, rig.Read(0x12, 2));
    }

    [Fact]
    public void GetQueueEvent_FollowsVectorAndMsix()
    {
        using PciRig rig = CreateRng();
        rig.Enable();
        Assert.Null(rig.Function.GetQueueEvent(0));
        rig.EnableMsix();
        Assert.Null(rig.Function.GetQueueEvent(0));
        rig.Write(0x1a, 1, 2);

        Assert.Same(rig.Vectors[1].Event, rig.Function.GetQueueEvent(0));
    }

    [Fact]
    public void InterruptEvent_ChangedByTheGuest_ReachesTheBackEnd()
    {
        using var rig = new PciRig(context => new HandOverDevice(context));
        var device = (HandOverDevice)rig.Rig.Device;
        rig.Enable();
        rig.EnableMsix();
        rig.Start(0, vector: 0);
        Eventually.Holds(() => device.Call == rig.Vectors[0].Event, "the first event");

        rig.Write(0x1a, 1, 2);
        Eventually.Holds(() => device.Call == rig.Vectors[1].Event, "the second event");

        rig.Write(0x14, 0, 1);
        Eventually.Holds(() => device.BackEndStopped is not null, "a stop");
        device.BackEndStopped!();
    }

    [Fact]
    public void Window_ReadsAndWritesTheBar()
    {
        using PciRig rig = CreateEcho();
        rig.Enable();
        int window = rig.FindVirtio(5);
        Select(0x14, 1);
        rig.WriteConfig(window + 16, 3, 1);
        Assert.Equal(3UL, rig.Read(0x14, 1));
        Assert.Equal(3u, rig.ReadConfig(window + 16) & 0xff);

        Select(0x04, 4);
        Assert.Equal((uint)(rig.Rig.Registers.DeviceFeatures & uint.MaxValue), rig.ReadConfig(window + 16));
        Select(0x2004, 2);
        rig.WriteConfig(window + 16, 0x1234);
        Assert.Equal(0x1234UL, rig.Read(0x2004, 2));

        rig.Rig.Registers.GetDoorbell(0).Clear();
        Select(0x3000, 2);
        rig.WriteConfig(window + 16, 0);
        Assert.True(rig.Rig.Registers.GetDoorbell(0).IsSignalled);

        void Select(uint offset, uint length)
        {
            rig.WriteConfig(window + 4, 0, 1);
            rig.WriteConfig(window + 8, offset);
            rig.WriteConfig(window + 12, length);
        }
    }

    [Theory]
    [InlineData(0, 0x14, 3)]
    [InlineData(0, 0x14, 0)]
    [InlineData(0, 0x15, 2)]
    [InlineData(1, 0x14, 1)]
    [InlineData(0, 0xffff_fffc, 4)]
    [InlineData(0, 0x10000, 4)]
    public void Window_ImpossibleSelection_DoesNothing(uint bar, uint offset, uint length)
    {
        using PciRig rig = CreateEcho();
        rig.Enable();
        int window = rig.FindVirtio(5);
        rig.WriteConfig(window + 4, bar, 1);
        rig.WriteConfig(window + 8, offset);
        rig.WriteConfig(window + 12, length);
        rig.WriteConfig(window + 16, 0x0101_0101);

        Assert.Equal(0x0101_0101u, rig.ReadConfig(window + 16));
        Assert.Equal(0UL, rig.Read(0x14, 1));
    }

    [Fact]
    public void Device_WithTooMuchConfiguration_IsRefused()
    {
        using var rig = new VirtioRig(context => new HandOverDevice(context, configLength: 0x1001));

        Assert.Throws<ArgumentException>(() => new VirtioPciFunction(rig.Device));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Accesses_AtRandom_NeverThrow(int seed)
    {
        using PciRig rig = CreateEcho();
        rig.Enable();
        var random = FuzzSeed.Create(seed);
        byte[] data = new byte[8];
        for (int i = 0; i < 40_000; i++)
        {
            Span<byte> access = data.AsSpan(0, 1 << random.Next(4));
            random.NextBytes(access);
            ulong region = (ulong)random.Next(4) * 0x1000;
            ulong address = PciRig.BarAddress + (random.Next(8) == 0 ? (ulong)random.Next(0x10000) : region + (ulong)random.Next(0x40));
            if (random.Next(2) == 0)
            {
                rig.Memory.Read(address, access);
            }
            else
            {
                rig.Memory.Write(address, access);
            }

            if (random.Next(16) == 0)
            {
                rig.WriteConfig(0x40 + random.Next(0xc0), (uint)random.NextInt64(1L << 32), 1 << random.Next(3));
                rig.ReadConfig(0x40 + random.Next(0xc0), 1 << random.Next(3));
            }
        }

        rig.Rig.Device.Reset();
        Assert.Equal(0, rig.Rig.Faults);
    }

    private static PciRig CreateRng() =>
        new(context => new VirtioRng(context, new KernelEntropySource(), VirtioRngOptions.Unlimited));

    private static PciRig CreateEcho() => new(context => new EchoDevice(context));
}
