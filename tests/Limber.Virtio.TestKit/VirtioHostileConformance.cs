using System;

namespace Limber.Virtio.TestKit;

/// <summary>What a device must survive: garbage in rings, buffers, registers and configuration, from fixed seeds.</summary>
/// <typeparam name="T">The device.</typeparam>
public abstract class VirtioHostileConformance<T> : VirtioDeviceConformance<T>
    where T : VirtioDevice
{
    private const int Rounds = 60;

    [Theory]
    [InlineData(1, 0UL)]
    [InlineData(2, VirtioFeatures.IndirectDescriptors)]
    [InlineData(3, VirtioFeatures.EventIndex | VirtioFeatures.IndirectDescriptors)]
    [InlineData(4, VirtioFeatures.RingPacked)]
    [InlineData(5, VirtioFeatures.RingPacked | VirtioFeatures.IndirectDescriptors | VirtioFeatures.EventIndex)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Rings_FullOfGarbage_NeverFaultAndAlwaysReset(int seed, ulong features)
    {
        using VirtioRig rig = CreateRig();
        var random = FuzzSeed.Create(seed);
        for (int round = 0; round < Rounds; round++)
        {
            rig.Start(features | DeviceFeatures, queueSize: 16);
            for (int i = 0; i < 20; i++)
            {
                int queue = random.Next(rig.Registers.QueueCount);
                Scribble(rig, rig[queue].Settings, random);
                rig.Kick(queue);
            }

            rig.OnLoop(() => { });
            rig.ResetAsDriver();
        }

        Assert.Equal(0, rig.Faults);
        Assert.NotEmpty(rig.Log.Oddities);
    }

    [Theory]
    [InlineData(11, 0UL)]
    [InlineData(12, VirtioFeatures.RingPacked)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Requests_WithRandomBuffers_NeverFault(int seed, ulong features)
    {
        using VirtioRig rig = CreateRig();
        var random = FuzzSeed.Create(seed);
        var buffers = new DriverBuffer[6];
        for (int round = 0; round < Rounds; round++)
        {
            rig.Start(features | DeviceFeatures, queueSize: 16);
            for (int i = 0; i < 60; i++)
            {
                int queue = random.Next(rig.Registers.QueueCount);
                int count = random.Next(1, buffers.Length + 1);
                int firstWritable = random.Next(count + 1);
                for (int b = 0; b < count; b++)
                {
                    int length = random.Next(8) == 0 ? random.Next(1, 100_000) : random.Next(1, 64);
                    ulong address = (random.Next(4) == 0 ? TestMemory.Seam - 16 : TestMemory.Last) + (ulong)random.Next(64);
                    byte[] content = new byte[Math.Min(length, 64)];
                    random.NextBytes(content);
                    rig.Memory.Write(new(address), content);
                    buffers[b] = new DriverBuffer(new(address), length, b >= firstWritable);
                }

                while (rig[queue].TryReap(out _, out _))
                {
                }

                _ = rig[queue].TrySubmit(buffers.AsSpan(0, count), out _);
                rig[queue].Publish();
                rig.Kick(queue);
            }

            rig.OnLoop(() => { });
            rig.ResetAsDriver();
        }

        Assert.Equal(0, rig.Faults);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Registers_WrittenAtRandom_NeverThrowAndAlwaysReset(int seed)
    {
        using VirtioRig rig = CreateRig();
        var random = FuzzSeed.Create(seed);
        for (int i = 0; i < 20_000; i++)
        {
            int queue = random.Next(rig.Registers.QueueCount + 1);
            switch (random.Next(8))
            {
                case 0:
                    rig.Registers.WriteStatus((byte)random.Next(256));
                    break;
                case 1:
                    rig.Registers.DriverFeatures = VirtioFeatures.Version1 | (random.Next(2) == 0 ? (ulong)random.NextInt64() : 0);
                    break;
                case 2:
                    rig.Registers.WriteQueue(queue, QueueRegister.Enable, (ulong)random.Next(3));
                    break;
                case 3:
                    rig.Registers.WriteQueue(queue, QueueRegister.Reset, (ulong)random.Next(2));
                    break;
                case 4:
                    rig.Registers.WriteStatus(0x0f);
                    break;
                case 5 when queue < rig.Registers.QueueCount:
                    rig.Kick(queue);
                    break;
                case 6 when random.Next(20) == 0:
                    rig.Registers.WriteStatus(0);
                    break;
                default:
                    rig.Registers.WriteQueue(
                        queue, (QueueRegister)random.Next(6), random.Next(2) == 0 ? (ulong)random.Next(0x40_0000) : (ulong)random.NextInt64());
                    break;
            }
        }

        rig.ResetAsDriver();
        Assert.Equal(0, rig.Faults);
    }

    [Fact]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Config_AccessedAtRandom_NeverThrows()
    {
        using VirtioRig rig = StartRig(0);
        var random = FuzzSeed.Create(31);
        byte[] data = new byte[16];
        for (int i = 0; i < 50_000; i++)
        {
            Span<byte> access = data.AsSpan(0, random.Next(data.Length + 1));
            ulong offset = random.Next(8) == 0 ? (ulong)random.NextInt64() : (ulong)random.Next(rig.Registers.ConfigLength + 8);
            offset = random.Next(100) == 0 ? ulong.MaxValue - (ulong)random.Next(16) : offset;
            bool inside = offset <= (ulong)rig.Registers.ConfigLength
                && (ulong)access.Length <= (ulong)rig.Registers.ConfigLength - offset;
            random.NextBytes(access);
            Assert.Equal(inside, random.Next(2) == 0
                ? rig.Registers.TryReadConfig(offset, access)
                : rig.Registers.TryWriteConfig(offset, access));
        }

        rig.ResetAsDriver();
        Assert.Equal(0, rig.Faults);
    }

    /// <summary>Overwrites parts of a queue, mostly with values that look like what belongs there.</summary>
    private static unsafe void Scribble(VirtioRig rig, VirtqueueSettings settings, Random random)
    {
        byte* descriptors = rig.Memory.Pointer(settings.Descriptors);
        for (int i = 0; i < settings.Size; i++)
        {
            byte* at = descriptors + (16 * i);
            *(ulong*)at = random.Next(8) switch
            {
                0 => (ulong)random.NextInt64(),
                1 => TestMemory.Seam - (ulong)random.Next(64),
                2 => TestMemory.Hole - (ulong)random.Next(64),
                3 => settings.Descriptors.Value + (ulong)random.Next(256),
                _ => TestMemory.Last + (ulong)random.Next(0x10000),
            };
            *(uint*)(at + 8) = random.Next(6) switch
            {
                0 => 0,
                1 => (uint)random.NextInt64(1L << 32),
                2 => (uint)(16 * random.Next(20)),
                _ => (uint)random.Next(4096),
            };
            *(ushort*)(at + 12) = (ushort)(random.Next(6) == 0 ? random.Next(65536) : random.Next(8));
            *(ushort*)(at + 14) = (ushort)(random.Next(3) == 0 ? random.Next(65536) : random.Next(settings.Size) | (random.Next(2) << 7));
        }

        Noise(rig.Memory.Pointer(settings.Driver), 4 + (2 * settings.Size), random);
        byte* available = rig.Memory.Pointer(settings.Driver);
        if (random.Next(3) != 0)
        {
            *(ushort*)(available + 2) = (ushort)random.Next(settings.Size + 2);
        }

        Noise(rig.Memory.Pointer(settings.Device), 4, random);
    }

    private static unsafe void Noise(byte* at, int length, Random random)
    {
        for (int i = 0; i < length; i += 2)
        {
            *(ushort*)(at + i) = (ushort)random.Next(random.Next(4) == 0 ? 65536 : 16);
        }
    }
}
