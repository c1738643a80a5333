using System;
using Limber.Device;
using Limber.Devices.Tests.Fakes;

namespace Limber.Devices.Tests.Platform;

/// <summary>What every register device must hold; a device inherits it and says how it is made.</summary>
public abstract class DeviceConformance
{
    private const int Accesses = 10_000;
    private const int FuzzAccesses = 100_000;

    /// <summary>Number of addresses.</summary>
    protected abstract int Length { get; }

    /// <summary>A new device, with fakes around it.</summary>
    protected abstract IIoDevice Create();

    /// <summary>Leaves the power-on state as far as a guest can, within what a reset must undo.</summary>
    protected virtual void Disturb(IIoDevice device)
    {
        for (int offset = 0; offset < Length; offset++)
        {
            device.Write((ulong)offset, [0x5a]);
        }
    }

    /// <summary>Everything a guest can see.</summary>
    protected virtual byte[] Observe(IIoDevice device)
    {
        byte[] seen = new byte[Length];
        for (int offset = 0; offset < Length; offset++)
        {
            seen[offset] = device.In8((ulong)offset);
        }

        return seen;
    }

    [Fact]
    public void Reset_AfterDisturbance_EqualsFresh()
    {
        IIoDevice device = Create();
        if (device is not IResettable resettable)
        {
            return;
        }

        Disturb(device);
        resettable.Reset();

        Assert.Equal(Observe(Create()), Observe(device));
    }

    [Fact]
    public void Reset_Twice_IsLikeOnce()
    {
        IIoDevice device = Create();
        if (device is not IResettable resettable)
        {
            return;
        }

        Disturb(device);
        resettable.Reset();
        resettable.Reset();

        Assert.Equal(Observe(Create()), Observe(device));
    }

    [Fact]
    public void Access_OddWidths_AreRefusedWithoutEffect()
    {
        IIoDevice device = Create();
        foreach (int width in new[] { 0, 3, 5, 6, 7, 9, 16 })
        {
            byte[] data = new byte[width];
            for (int offset = 0; offset < Length + 2; offset++)
            {
                Assert.NotEqual(IoStatus.Ok, device.Read((ulong)offset, data));
                Assert.NotEqual(IoStatus.Ok, device.Write((ulong)offset, data));
            }
        }

        Assert.Equal(Observe(Create()), Observe(device));
    }

    [Fact]
    public void Access_PastEnd_IsRefused()
    {
        IIoDevice device = Create();
        foreach (int width in new[] { 1, 2, 4, 8 })
        {
            byte[] data = new byte[width];
            ulong[] offsets = [(ulong)Math.Max(0, Length - width + 1), (ulong)Length, uint.MaxValue, 1UL << 32, ulong.MaxValue];
            foreach (ulong offset in offsets)
            {
                Assert.NotEqual(IoStatus.Ok, device.Read(offset, data));
                Assert.NotEqual(IoStatus.Ok, device.Write(offset, data));
            }
        }
    }

    [Fact]
    public void Access_TenThousandTimes_AllocatesNothing()
    {
        IIoDevice device = Create();
        byte[] data = new byte[1];
        Exercise(device, data, 2 * Length);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Exercise(device, data, Accesses);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Access_Random_NeverThrows(int seed)
    {
        IIoDevice device = Create();
        var random = FuzzSeed.Create(seed);
        byte[] data = new byte[8];
        for (int i = 0; i < FuzzAccesses; i++)
        {
            Span<byte> access = data.AsSpan(0, 1 << random.Next(8) % 4);
            ulong offset = (ulong)random.Next(Length + 1);
            random.NextBytes(access);
            if (random.Next(2) == 0)
            {
                device.Read(offset, access);
            }
            else
            {
                device.Write(offset, access);
            }

            Poke(device, random);
        }

        (device as IResettable)?.Reset();
    }

    /// <summary>What the outside does between random accesses.</summary>
    private protected virtual void Poke(IIoDevice device, Random random) { }

    private void Exercise(IIoDevice device, byte[] data, int accesses)
    {
        for (int i = 0; i < accesses; i++)
        {
            ulong offset = (ulong)(i % Length);
            data[0] = 0x02;
            device.Write(offset, data);
            device.Read(offset, data);
        }
    }
}
