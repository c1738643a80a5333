using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Limber.Config;
using Limber.Config.Devices;
using Limber.Control;

namespace Limber.Machine.Tests;

/// <summary>Ports of console devices that come and go, with a guest that has no driver for them.</summary>
public sealed class PortHotplugTests : IDisposable
{
    private readonly TinyGuest guest = new(TinyGuest.Halt);
    private readonly List<VmEvent> events = [];
    private readonly VirtualMachine vm;

    public PortHotplugTests()
    {
        Assert.SkipUnless(TinyGuest.HostHasKvm, "needs /dev/kvm");
        vm = guest.Create(1, 3, c => c with { PciDevices = [new ConsoleDeviceConfig { Id = "vs", Ports = [Port("p0")], MaximumPorts = 4 }] });
        vm.Resume();
        vm.Subscribe(events.Add);
    }

    public void Dispose()
    {
        vm?.Dispose();
        guest.Dispose();
    }

    [Fact]
    public void Port_IsPartOfItsDevice_AndItsIdIsTaken()
    {
        vm.Devices.PlugPort(Port("p1"), "vs");
        Assert.Equal([("p0", 1), ("p1", 2)], Ports().Select(p => (p.Id!, p.Number!.Value)));
        Assert.Equal(VmErrorCode.DuplicateId, Refusal(() => vm.Devices.PlugPort(Port("p1"), null)));
        Assert.Equal(VmErrorCode.DuplicateId, Refusal(() => vm.Devices.PlugDevice(new RngDeviceConfig { Id = "p1" })));
        Assert.Equal(VmErrorCode.DuplicateId, Refusal(() => vm.PlugCpus([new CpuPlugRequest(1, "p1")])));

        Assert.True(vm.Devices.TryUnplugPort("/machine/peripheral/p1"));

        Assert.Equal(["p0"], Ports().Select(p => p.Id!));
        Assert.False(vm.Devices.TryUnplugPort("p1"));
        Assert.Equal(
            [("p1", "/machine/peripheral/p1")],
            events.OfType<VmEvent.DeviceDeleted>().Select(e => (e.Id!, e.Path)));
        vm.Devices.PlugPort(Port("p1"), null);
    }

    [Fact]
    public void WhatCannotBe_IsRefused_AndNothingIsLeft()
    {
        Assert.Equal(VmErrorCode.BusNotFound, Refusal(() => vm.Devices.PlugPort(Port("p1"), "nosuch")));
        Assert.Equal(VmErrorCode.InvalidDevice, Refusal(() => vm.Devices.PlugPort(Port("p1") with { Number = 1 }, "vs")));
        Assert.Equal(VmErrorCode.InvalidDevice, Refusal(() => vm.Devices.PlugPort(Port("p1") with { Number = 4 }, "vs")));
        Assert.Equal(VmErrorCode.InvalidDevice, Refusal(() => vm.Devices.PlugPort(Port("p1") with { Name = new string('n', 10_000) }, "vs")));
        var nowhere = new ChardevConfig.File(Path.Combine(Path.GetTempPath(), "no such directory", "f"));
        Assert.Equal(VmErrorCode.HostFailure, Refusal(() => vm.Devices.PlugPort(Port("p1") with { Backend = nowhere }, "vs")));
        for (int i = 1; i < 3; i++)
        {
            vm.Devices.PlugPort(Port($"p{i}"), "vs");
        }

        Assert.Equal(VmErrorCode.InvalidDevice, Refusal(() => vm.Devices.PlugPort(Port("p3"), "vs")));
        Assert.Equal(["p0", "p1", "p2"], Ports().Select(p => p.Id!));
    }

    [Fact]
    public void Agent_IsThereOnce()
    {
        var agent = new ConsolePortConfig { Name = ConsolePortConfig.GuestAgentName, Id = "ga" };
        vm.Devices.PlugPort(agent, "vs");
        Assert.Equal(VmErrorCode.InvalidDevice, Refusal(() => vm.Devices.PlugDevice(ConsoleDeviceConfig.ForGuestAgent())));
        Assert.True(vm.Devices.TryUnplugPort("ga"));
        vm.Devices.PlugDevice(ConsoleDeviceConfig.ForGuestAgent());
        Assert.Equal(VmErrorCode.InvalidDevice, Refusal(() => vm.Devices.PlugPort(agent, "vs")));
    }

    [Fact]
    public void SingleConsole_HasNoPlaceForPorts()
    {
        vm.Devices.PlugDevice(new ConsoleDeviceConfig
        {
            Id = "con", IsSingleConsole = true, Ports = [new ConsolePortConfig { Id = "c0", Number = 0, IsConsole = true }],
        });
        Assert.Equal(VmErrorCode.HotplugNotSupported, Refusal(() => vm.Devices.PlugPort(Port("p1"), "con")));
        Assert.Equal(VmErrorCode.HotplugNotSupported, Refusal(() => vm.Devices.TryUnplugPort("c0")));
    }

    [Fact]
    public void Online_WithoutAnAgent_IsRefused_AndNothingIsPlugged()
    {
        VmException e = Assert.Throws<VmException>(() => vm.PlugCpusOnline([new CpuPlugRequest(1, null)]));
        Assert.Equal("the processors can't be brought online: the machine has no guest agent port of its own; nothing was plugged", e.Message);
        vm.Devices.PlugPort(new ConsolePortConfig { Name = ConsolePortConfig.GuestAgentName }, "vs");
        e = Assert.Throws<VmException>(() => vm.PlugCpusOnline([new CpuPlugRequest(1, null)]));
        Assert.Equal("the processors can't be brought online: no agent listens in the guest; nothing was plugged", e.Message);
        vm.Pause();
        e = Assert.Throws<VmException>(() => vm.PlugCpusOnline([new CpuPlugRequest(1, null)]));
        Assert.Equal("the processors can't be brought online: the guest is stopped; nothing was plugged", e.Message);
        Assert.Null(vm.GetCpuSlots()[1].Occupant);
        Assert.DoesNotContain(vm.GetOperations(), o => o.Current.CpuIndex >= 0);
    }

    [Fact]
    public void Online_BeforeTheGuestStarts_IsAPlug()
    {
        using VirtualMachine fresh = guest.Create(1, 2);
        Assert.Equal(OperationKind.CpuPlug, Assert.Single(fresh.PlugCpusOnline([new CpuPlugRequest(1, null)])).Current.Kind);
    }

    private static ConsolePortConfig Port(string id) => new() { Id = id, Name = "n." + id, Backend = new ChardevConfig.Null() };

    private static VmErrorCode Refusal(Action call) => Assert.Throws<VmException>(call).Code;

    private System.Collections.Immutable.ImmutableArray<ConsolePortConfig> Ports() => ((ConsoleDeviceConfig)vm.Devices.FindDevice("vs")!.Config).Ports;
}
