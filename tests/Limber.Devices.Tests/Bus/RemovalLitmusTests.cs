using System;
using Limber.Device;

namespace Limber.Devices.Tests.Bus;

public sealed class RemovalLitmusTests
{
    [Fact]
    public void Litmus_BusThatLetsLateAccessesIn_IsCaught() =>
        Assert.NotEqual(0, RemovalLitmus.Run(new BrokenBus(), removals: 10_000).Violations);

    [Fact]
    public void Litmus_IoBus_HasNoUseAfterRemoval()
    {
        (int violations, long accesses) = RemovalLitmus.Run(new RealBus(), removals: 60);
        Assert.Equal(0, violations);
        Assert.NotEqual(0, accesses);
    }

    private sealed class RealBus : IRemovalBus
    {
        private readonly IoBus bus = new("port");

        public void Insert(IIoDevice device) => bus.Insert(0x10, 1, device, "mortal");

        public void RemoveAndDrain() => Assert.True(bus.Remove(0x10).WaitUntilQuiescent(TimeSpan.FromSeconds(10)));

        public void Access() => bus.Write(0x10, [0]);
    }
}
