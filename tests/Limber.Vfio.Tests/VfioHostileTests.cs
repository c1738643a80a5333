using System;
using Limber.Vfio.Tests.Fakes;

namespace Limber.Vfio.Tests;

/// <summary>The guest does what it likes; the host's configuration may be anything.</summary>
public sealed class VfioHostileTests : IDisposable
{
    private readonly FakeMachine machine = new();

    public void Dispose() => machine.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Guest_RandomAccesses_HostKeepsDecodingAndHiddenStaysHidden(int seed)
    {
        var random = FuzzSeed.Create(seed);
        FakeHostFunction host = machine.Host.AddFunction();
        machine.Plug(host);
        host.ConfigWrites.Clear();
        int[] widths = [1, 2, 4, 8];
        for (int i = 0; i < 20_000; i++)
        {
            int width = widths[random.Next(widths.Length)];
            int register = random.Next(8) == 0 ? random.Next(4096 - 8) : random.Next(0x110);
            if (random.Next(2) == 0)
            {
                machine.ReadConfig(register, width);
            }
            else
            {
                machine.WriteConfig(register, (uint)random.NextInt64(1L << 32), width);
            }
        }

        Assert.Equal(0x3, host.Command & 0x3);
        foreach ((int offset, int length) in host.ConfigWrites)
        {
            bool isCommand = offset == 4 && length == 2;
            bool isBetween = offset >= FakeHostFunction.PowerPosition && offset + length <= 0x100;
            bool isSerialNumber = offset >= 0x144 && offset + length <= 0x180;
            Assert.True(isCommand || isBetween || isSerialNumber, $"write of {length} bytes at 0x{offset:x}");
            Assert.False(offset < FakeHostFunction.MsixPosition + 12 && offset + length > FakeHostFunction.MsixPosition, $"write at 0x{offset:x}");
            Assert.False(offset < FakeHostFunction.MsiPosition + 24 && offset + length > FakeHostFunction.MsiPosition, $"write at 0x{offset:x}");
        }
    }

    [Fact]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Host_RandomConfiguration_IsPlannedOrRefused()
    {
        var random = FuzzSeed.Create(4);
        byte[] config = new byte[4096];
        for (int i = 0; i < 2_000; i++)
        {
            random.NextBytes(config);
            config[6] |= 0x10;
            var plan = new VfioConfigPlan(config.AsSpan(0, i % 2 == 0 ? 4096 : 256));
            plan.IntegrateIntoRootComplex();
            int steps = 0;
            for (int next = plan.Image[0x34]; next != 0; next = plan.Image[next + 1])
            {
                Assert.True(VfioCapabilityIds.IsShown(plan.Image[next]));
                Assert.True(++steps < 64);
            }
        }
    }

    [Fact]
    [Trait(FuzzSeed.Trait, FuzzSeed.Value)]
    public void Guest_MovesTheBarWhileItIsUsed_LeavesNothingBehind()
    {
        var random = FuzzSeed.Create(5);
        FakeHostFunction host = machine.Host.AddFunction();
        VfioPciFunction function = machine.Plug(host);
        for (int i = 0; i < 1_000; i++)
        {
            machine.WriteConfig(0x10, (uint)random.NextInt64(1L << 32));
            machine.WriteConfig(0x14, (uint)random.Next(0x20));
            machine.WriteConfig(4, (uint)random.Next(8), 2);
            Assert.True(machine.Mappings.Count <= 2);
        }

        machine.Unplug(function);
        Assert.Empty(machine.Mappings);
        Assert.Equal(0, machine.Host.MapCount);
    }
}
