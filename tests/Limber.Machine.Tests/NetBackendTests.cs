using System;
using System.IO;
using System.Linq;
using System.Threading;
using Limber.Config.Backends;
using Limber.Config.Devices;
using Limber.Control;
using Limber.Interop;
using Limber.Net;

namespace Limber.Machine.Tests;

/// <summary>Network backends with names, as they come and go apart from their cards, with interfaces of this host.</summary>
public sealed class NetBackendTests : IDisposable
{
    private readonly TinyGuest guest = new(TinyGuest.Halt);
    private readonly string directory = Directory.CreateTempSubdirectory().FullName;
    private readonly VirtualMachine vm;
    private readonly string tap = $"lnb{Environment.ProcessId % 100_000}";

    public NetBackendTests()
    {
        Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");
        Assert.SkipUnless(CanOpen(), "needs /dev/net/tun and the right to make interfaces");
        vm = guest.Create(1, 1);
    }

    public void Dispose()
    {
        vm?.Dispose();
        guest.Dispose();
        Directory.Delete(directory, true);
    }

    [Fact]
    public void Tap_IsOpenFromItsPlugToItsRemoval_WhateverCardsDo()
    {
        vm.Devices.AddBackend(Tap);
        string number = Index();
        for (int i = 0; i < 3; i++)
        {
            vm.Devices.PlugDevice(new NetDeviceConfig { Id = "card", Backend = "net" });
            Unplug("card");
            Assert.Equal(number, Index());
        }

        vm.Devices.RemoveNetBackend("net");
        Assert.False(Exists);
        vm.Devices.AddBackend(Tap);
        Assert.True(Exists);
    }

    [Fact]
    public void Tap_OfACardThatStays_GoesWithTheCard()
    {
        vm.Devices.AddBackend(Tap);
        vm.Devices.PlugDevice(new NetDeviceConfig { Id = "card", Backend = "net" });
        vm.Devices.RemoveNetBackend("net");
        Assert.True(Exists);
        Unplug("card");
        Assert.False(Exists);
    }

    [Fact]
    public void Scripts_RunWithTheInterfacesName()
    {
        string said = Path.Combine(directory, "said");
        string script = Script($"echo $1 $(cat /sys/class/net/$1/flags) >>{said}");
        vm.Devices.AddBackend(Tap with { UpScript = script, DownScript = script });
        Assert.Equal($"{tap} 0x1003", File.ReadAllText(said).Trim());
        vm.Devices.RemoveNetBackend("net");
        Assert.Equal($"{tap} 0x1003\n{tap} 0x1003", File.ReadAllText(said).Trim());
        Assert.False(Exists);
    }

    [Fact]
    public void ScriptThatFails_LeavesNothing()
    {
        VmException refusal = Assert.Throws<VmException>(() => vm.Devices.AddBackend(Tap with { UpScript = Script("exit 3") }));
        Assert.EndsWith("script failed with status 768", refusal.Message);
        Assert.False(Exists);
        Assert.Empty(vm.Devices.GetBackends());
        vm.Devices.AddBackend(Tap with { DownScript = Script("exit 3") });
        vm.Devices.RemoveNetBackend("net");
        Assert.False(Exists);
    }

    [Fact]
    public void Descriptors_AreChecked_AndRefusedWhenTheyAreOthers()
    {
        using var others = new HostEvent();
        VmException refusal = Assert.Throws<VmException>(
            () => vm.Devices.AddBackend(new TapBackendConfig { Name = "net", Descriptors = [others.Descriptor.Number] }));
        Assert.Contains($"descriptor {others.Descriptor.Number} is no tap", refusal.Message);
        others.Signal();
        Assert.True(others.Clear());

        TapInterface interfaceOfOurs = TapInterface.Open(new TapOptions { Name = tap });
        int number = interfaceOfOurs.Queues[0].Number;
        interfaceOfOurs.Queues[0].SetHandleAsInvalid();
        var config = new TapBackendConfig { Name = "net", Descriptors = [number] };
        vm.Devices.AddBackend(config);
        VmException shared = Assert.Throws<VmException>(() => vm.Devices.AddBackend(config with { Name = "other" }));
        Assert.Equal($"descriptor {number} is the network backend 'net's already", shared.Message);
        vm.Devices.PlugDevice(new NetDeviceConfig { Id = "card", Backend = "net" });
        Unplug("card");
        vm.Devices.PlugDevice(new NetDeviceConfig { Id = "card", Backend = "net" });
    }

    private TapBackendConfig Tap => new() { Name = "net", Interface = tap, Vhost = false };

    private bool Exists => Directory.Exists($"/sys/class/net/{tap}");

    private string Index() => File.ReadAllText($"/sys/class/net/{tap}/ifindex");

    private string Script(string command)
    {
        string path = Path.Combine(directory, "script");
        File.WriteAllText(path, $"#!/bin/sh\n{command}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private static bool CanOpen()
    {
        try
        {
            using TapInterface interfaceOfOurs = TapInterface.Open(new TapOptions { Name = "ltest%d", BringUp = false });
            return true;
        }
        catch (HostException)
        {
            return false;
        }
    }

    private void Unplug(string id)
    {
        IHotplugOperation removal = vm.Devices.UnplugDevice(id);
        Assert.True(SpinWait.SpinUntil(() => removal.Current.State == OperationState.Completed, TimeSpan.FromSeconds(60)));
    }
}
