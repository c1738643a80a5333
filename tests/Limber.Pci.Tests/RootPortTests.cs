using System.Collections.Generic;
using System.Linq;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

/// <summary>The slot as pciehp drives it, with the accidents that other implementations had.</summary>
public sealed class RootPortTests
{
    private const uint IndicatorOn = 0x100;
    private const uint IndicatorBlink = 0x200;
    private const uint IndicatorOff = 0x300;
    private const uint AttentionOff = 0xC0;
    private const uint AttentionOn = 0x40;
    private const uint PowerOff = 0x400;

    // As Linux enables them on a slot with an attention button: button, hotplug interrupt, link.
    private const uint Notifications = 0x1021;

    private readonly FakeMachine machine = new();
    private readonly SlotHost slots = new();
    private readonly PcieRootPort port;
    private readonly int express;

    public RootPortTests()
    {
        port = Make(new PcieRootPortOptions { PortNumber = 7, SlotNumber = 9 });
        express = FindExpress();
    }

    private FakeVector Vector => machine.Vectors[0];

    private uint SlotStatus => machine.Guest.Read(0, 2, express + 0x1A, 2);

    private uint LinkStatus => machine.Guest.Read(0, 2, express + 0x12, 2);

    [Fact]
    public void Capability_SaysWhatTheSlotCan()
    {
        Assert.Equal(0x0142u, machine.Guest.Read(0, 2, express + 2, 2));
        Assert.Equal(0x0710_0104u, machine.Guest.Read(0, 2, express + 0x0C));

        // Slot 9, no command completed support, hot-plug capable, both indicators, button; no interlock, latch, surprise.
        Assert.Equal((9u << 19) | 0x0004_0059u, machine.Guest.Read(0, 2, express + 0x14));
        Assert.Equal(0x1000u, LinkStatus);
        Assert.Equal(0u, SlotStatus);
    }

    [Fact]
    public void Insert_WithDriver_IsOneInterruptWithPresenceAndLink()
    {
        Drive();

        port.Insert(new TestFunction());

        Assert.Equal(1, Vector.Delivered);
        Assert.Equal(0x148u, SlotStatus);
        Assert.Equal(0x3104u, LinkStatus);
        Assert.Equal(0x1041_1AF4u, machine.Guest.Read(1, 0, 0));
        Assert.Equal(uint.MaxValue, machine.Guest.Read(1, 1, 0));
    }

    [Fact]
    public void Events_AreSentAgainOnlyAfterAllWereAcknowledged()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteStatus(0x8);
        Assert.Equal(0x140u, SlotStatus);
        _ = port.Remove();
        Assert.Equal(1, Vector.Delivered);
        Assert.Equal(0x108u, SlotStatus);

        WriteStatus(0x108);
        port.Insert(new TestFunction());

        Assert.Equal(2, Vector.Delivered);
    }

    [Fact]
    public void Acknowledgement_OfOldEvents_KeepsNewOnes()
    {
        Drive();
        port.Insert(new TestFunction());
        Enable(IndicatorOn);
        uint seen = SlotStatus;
        Assert.Equal(PcieRemovalRequest.Requested, port.RequestRemoval());

        WriteStatus(seen);

        Assert.Equal(0x41u, SlotStatus);
    }

    [Fact]
    public void WithoutMsix_ThePinIsHeldUntilAcknowledged()
    {
        WriteControl(Notifications | AttentionOff | IndicatorOff);
        port.Insert(new TestFunction());
        Assert.True(machine.Wires[2].Level);

        WriteStatus(0x108);

        Assert.False(machine.Wires[2].Level);
    }

    [Fact]
    public void BootingGuest_WritesBackOldControl_ReleasesNothing()
    {
        uint before = machine.Guest.Read(0, 2, express + 0x18, 2);
        port.Insert(new TestFunction());

        WriteControl(before);
        WriteControl(before | Notifications);

        Assert.Empty(slots.Log);
        Assert.True(port.IsOccupied);
    }

    [Fact]
    public void Removal_BlinkThenOff_IsReleasedOnce()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteStatus(0x108);
        Enable(IndicatorBlink);
        Enable(IndicatorOn);
        Assert.Equal(["enabled"], slots.Log);

        Assert.Equal(PcieRemovalRequest.Requested, port.RequestRemoval());
        Assert.Equal(2, Vector.Delivered);
        Assert.Equal(0x41u, SlotStatus);
        WriteStatus(0x01);
        Enable(IndicatorBlink);
        Assert.Equal(PcieRemovalRequest.Requested, port.RequestRemoval());
        Assert.Equal(0x40u, SlotStatus);
        Enable(IndicatorOff);
        Enable(IndicatorOff);

        Assert.Equal(["enabled", "released"], slots.Log);
        Assert.True(port.IsRemovalRequested);
        IReadOnlyList<PciFunction> functions = port.Remove();
        Assert.Single(functions);
        Assert.False(port.IsRemovalRequested);
        Assert.False(port.IsOccupied);
        Assert.Equal(0x108u, SlotStatus);
        Assert.Equal(3, Vector.Delivered);
    }

    [Fact]
    public void RequestRemoval_WhileTheGuestBlinks_DoesNotPress()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteStatus(0x108);
        Enable(IndicatorBlink);

        Assert.Equal(PcieRemovalRequest.Busy, port.RequestRemoval());
        Assert.Equal(0x40u, SlotStatus);
    }

    [Fact]
    public void RequestRemoval_OfReleasedSlot_NeedsNoGuest()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteStatus(0x108);
        Enable(IndicatorOn);
        Enable(IndicatorOff);

        Assert.Equal(["enabled", "released"], slots.Log);
        Assert.True(port.IsOccupied);
        Assert.Equal(PcieRemovalRequest.AlreadyReleased, port.RequestRemoval());
        Assert.Equal(0x40u, SlotStatus);
    }

    [Fact]
    public void RequestRemoval_OfDeviceUsedWithoutDriverOfTheSlot_Asks()
    {
        port.Insert(new TestFunction());
        machine.Guest.Write(1, 0, 0x04, 0x2, 2);

        Assert.Equal(PcieRemovalRequest.Requested, port.RequestRemoval());
    }

    [Fact]
    public void RequestRemoval_OfEmptySlot_SaysSo() => Assert.Equal(PcieRemovalRequest.Empty, port.RequestRemoval());

    [Fact]
    public void Request_AnsweredByLightingAgain_IsOver()
    {
        Drive();
        port.Insert(new TestFunction());
        Enable(IndicatorOn);
        port.RequestRemoval();
        Enable(IndicatorBlink);
        Enable(IndicatorOn);

        Assert.False(port.IsRemovalRequested);
        Assert.Equal(["enabled", "enabled"], slots.Log);
    }

    [Fact]
    public void Cancel_BeforeTheGuestSawThePress_TakesItBack()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteStatus(0x108);
        Enable(IndicatorOn);
        port.RequestRemoval();

        port.CancelRemoval();

        Assert.Equal(0x40u, SlotStatus);
        Assert.False(port.IsRemovalRequested);
    }

    [Fact]
    public void Cancel_WhileBlinking_PressesAgain()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteStatus(0x108);
        Enable(IndicatorOn);
        port.RequestRemoval();
        WriteStatus(1);
        Enable(IndicatorBlink);

        port.CancelRemoval();

        Assert.Equal(0x41u, SlotStatus);
    }

    [Fact]
    public void Attention_IsReportedOnce()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteControl(Notifications | AttentionOn | IndicatorOff);
        WriteControl(Notifications | AttentionOn | IndicatorOff);

        Assert.Equal(["attention"], slots.Log);
    }

    [Fact]
    public void Reset_WithDevice_IsOnAndQuiet()
    {
        Drive();
        var function = new TestFunction();
        port.Insert(function);
        port.RequestRemoval();

        machine.Bridge.Reset();

        Assert.False(port.IsRemovalRequested);
        Assert.Equal(1, function.Resets);
        Assert.Equal(0x40u, SlotStatus);
        Assert.Equal(0x3104u, LinkStatus);
        Assert.Equal(AttentionOff | IndicatorOn, machine.Guest.Read(0, 2, express + 0x18, 2));
    }

    [Fact]
    public void SecondaryBusReset_ResetsWhatIsBehind()
    {
        var function = new TestFunction();
        port.Insert(function);
        machine.Guest.Write(1, 0, 0x04, 0x6, 2);
        machine.Guest.Write(0, 2, 0x3E, 0x40, 2);
        Assert.Equal(uint.MaxValue, machine.Guest.Read(1, 0, 0));

        machine.Guest.Write(0, 2, 0x3E, 0, 2);

        Assert.Equal(1, function.Resets);
        Assert.Equal(0u, machine.Guest.Read(1, 0, 0x04, 2));
        Assert.True(port.IsOccupied);
    }

    [Fact]
    public void LinkDisable_HidesTheDeviceAndTells()
    {
        Drive();
        port.Insert(new TestFunction());
        WriteStatus(0x108);

        machine.Guest.Write(0, 2, express + 0x10, 0x10, 2);
        Assert.Equal(uint.MaxValue, machine.Guest.Read(1, 0, 0));
        Assert.Equal(0x140u, SlotStatus);
        machine.Guest.Write(0, 2, express + 0x10, 0, 2);

        Assert.Equal(0x1041_1AF4u, machine.Guest.Read(1, 0, 0));
    }

    [Fact]
    public void Insert_OfSeveralFunctions_ShowsAll()
    {
        port.Insert(new TestFunction(), new TestFunction());

        Assert.Equal(0x80u, machine.Guest.Read(1, 0, 0x0E, 1));
        Assert.Equal(0x1041_1AF4u, machine.Guest.Read(1, 0, 0, function: 1));
        Assert.Equal(2, port.Remove().Count);
    }

    [Fact]
    public void Insert_ThatFails_LeavesTheSlotEmpty()
    {
        var used = new TestFunction();
        machine.Bridge.Bus.Add(used, 5);

        Assert.Throws<System.InvalidOperationException>(() => port.Insert(used, new TestFunction()));

        Assert.False(port.IsOccupied);
        Assert.Empty(port.SecondaryBus.Functions);
    }

    [Fact]
    public void PowerController_LinkFollowsPower()
    {
        PcieRootPort powered = Make(new PcieRootPortOptions { HasPowerController = true }, device: 4, bus: 2);
        powered.Insert(new TestFunction());
        Assert.Equal(0x049u, machine.Guest.Read(0, 4, express + 0x1A, 2));
        Assert.Equal(uint.MaxValue, machine.Guest.Read(2, 0, 0));

        machine.Guest.Write(0, 4, express + 0x18, IndicatorBlink | AttentionOff, 2);
        Assert.Equal(0x1041_1AF4u, machine.Guest.Read(2, 0, 0));
        machine.Guest.Write(0, 4, express + 0x18, IndicatorOn | AttentionOff, 2);
        machine.Guest.Write(0, 4, express + 0x18, IndicatorOn | AttentionOff | PowerOff, 2);
        Assert.Equal(["enabled"], slots.Log);
        machine.Guest.Write(0, 4, express + 0x18, IndicatorOff | AttentionOff | PowerOff, 2);

        Assert.Equal(["enabled", "released"], slots.Log);
    }

    private PcieRootPort Make(PcieRootPortOptions options, int device = 2, int bus = 1)
    {
        var made = new PcieRootPort(options, slots);
        machine.Bridge.Bus.Add(made, device);
        machine.Guest.Write(0, device, 0x18, (uint)((bus << 16) | (bus << 8)));
        machine.Guest.Write(0, device, 0x20, 0xC01F_C000 | ((uint)device << 4));
        machine.Guest.Write(0, device, 0x04, 0x6, 2);
        return made;
    }

    // MSI-X and the events that Linux enables.
    private void Drive()
    {
        int msix = FindCapability(0x11);
        machine.Guest.Write(0, 2, 0x10, 0xC100_0000);
        machine.Guest.WriteMemory(0xC100_0000, 0xFEE0_0000);
        machine.Guest.WriteMemory(0xC100_000C, 0);
        machine.Guest.Write(0, 2, msix + 2, 0x8000, 2);
        WriteControl(Notifications | AttentionOff | IndicatorOff);
    }

    private void Enable(uint indicator) => WriteControl(Notifications | AttentionOff | indicator);

    private void WriteControl(uint value) => machine.Guest.Write(0, 2, express + 0x18, value, 2);

    private void WriteStatus(uint value) => machine.Guest.Write(0, 2, express + 0x1A, value, 2);

    private int FindExpress() => FindCapability(0x10);

    private int FindCapability(uint id)
    {
        int offset = (int)machine.Guest.Read(0, 2, 0x34, 1);
        while (machine.Guest.Read(0, 2, offset, 1) != id)
        {
            offset = (int)machine.Guest.Read(0, 2, offset + 1, 1);
            Assert.NotEqual(0, offset);
        }

        return offset;
    }
}
