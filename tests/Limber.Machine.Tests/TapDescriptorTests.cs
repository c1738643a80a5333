using System;
using System.IO;
using System.Threading;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Interop;
using Limber.Net;

namespace Limber.Machine.Tests;

/// <summary>Cards that are made of descriptors, with interfaces of this host.</summary>
public sealed class TapDescriptorTests : IDisposable
{
    private readonly TinyGuest guest = new(TinyGuest.Halt);
    private readonly string tap = $"ltd{Environment.ProcessId % 100_000}";
    private readonly VirtualMachine vm;
    private readonly int descriptor;

    public TapDescriptorTests()
    {
        Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");
        try
        {
            TapInterface opened = TapInterface.Open(new TapOptions { Name = tap });
            descriptor = opened.Queues[0].Number;
            opened.Queues[0].SetHandleAsInvalid();
        }
        catch (HostException e)
        {
            Assert.Skip($"needs /dev/net/tun and the right to make interfaces: {e.Message}");
        }

        vm = guest.Create(1, 1);
    }

    public void Dispose()
    {
        vm?.Dispose();
        guest.Dispose();
    }

    [Fact]
    public void Card_IsThere_DescriptorsGoWithIt()
    {
        vm.Devices.PlugDevice(Card);
        Assert.True(Exists);
        IHotplugOperation removal = vm.Devices.UnplugDevice("card");
        Assert.True(SpinWait.SpinUntil(() => removal.Current.State == OperationState.Completed, TimeSpan.FromSeconds(60)));
        Assert.False(Exists);
    }

    [Fact]
    public void Card_Refused_DescriptorsAreLeftAlone()
    {
        vm.Devices.PlugDevice(new RngDeviceConfig { Id = "other" });
        NetDeviceConfig[] refused =
        [
            Card with { Id = "other" },
            Card with { Bus = "none" },
            Card with { MacAddress = "01:00:5e:00:00:01" },
            Card with { Connection = new TapBackendConfig { Name = "", Descriptors = [descriptor, int.MaxValue] } },
            Card with { Connection = new TapBackendConfig { Name = "", Descriptors = [descriptor], Vhost = true }, RateLimiter = new RateLimiterConfig(new TokenBucketConfig(1, 0, 1), null) },
        ];
        foreach (NetDeviceConfig card in refused)
        {
            Assert.ThrowsAny<Exception>(() => vm.Devices.PlugDevice(card));
            Assert.True(Exists);
        }

        // Nobody else has the interface.
        new FileDescriptor(descriptor).Dispose();
        Assert.False(Exists);
    }

    private NetDeviceConfig Card => new() { Id = "card", Connection = new TapBackendConfig { Name = "", Descriptors = [descriptor] } };

    private bool Exists => Directory.Exists($"/sys/class/net/{tap}");
}
