using System.Threading;
using R = Limber.Pci.ExpressRegisters;

namespace Limber.Pci;

/// <summary>The slot's registers and events.</summary>
public sealed partial class PcieRootPort
{
    private static bool IsLit(ushort control) => (control & R.PowerIndicatorMask) == R.PowerIndicatorOn;

    private bool IsReleased(ushort control) =>
        (control & R.PowerIndicatorMask) == R.PowerIndicatorOff && (!hasPowerController || (control & R.PowerOff) != 0);

    // A guest that doesn't drive the slot may use the device without ever having lit an indicator.
    private bool IsUntouched()
    {
        const ushort InUse = PciRegisters.CommandIo | PciRegisters.CommandMemory | PciRegisters.CommandBusMaster;
        foreach (PciFunction function in SecondaryBus.Functions)
        {
            if ((function.Config.GetUInt16(PciRegisters.Command) & InUse) != 0)
            {
                return false;
            }
        }

        return true;
    }

    // Power-on: a slot with a device in it is on, as firmware would leave it; an empty one is off.
    private void SetIdle()
    {
        int idle = R.AttentionIndicatorOff | (present ? R.PowerIndicatorOn : R.PowerIndicatorOff);
        if (hasPowerController && !present)
        {
            idle |= R.PowerOff;
        }

        control = (ushort)idle;
        Config.SetUInt16(express + R.SlotControl, control);
        Config.SetUInt16(express + R.SlotStatus, present ? R.PresenceDetected : (ushort)0);
        Volatile.Write(ref linkActive, false);
        UpdateLink();
        Config.Change(express + R.SlotStatus, R.SlotEvents, 0);
    }

    private void SetPresent(bool now)
    {
        bool changed;
        lock (slotGate)
        {
            if (present == now)
            {
                return;
            }

            Volatile.Write(ref present, now);
            removalRequested = false;
            Config.Change(
                express + R.SlotStatus,
                R.AttentionPressed | R.PresenceDetected,
                now ? R.PresenceDetected : (ushort)0);
            changed = UpdateLink();

            // Without power the link can't come up, and Linux waits for the link or the button. It looks at presence as well
            // when it is interrupted, and then doesn't wait.
            Raise(now && !linkActive ? (ushort)(R.PresenceChanged | R.AttentionPressed) : R.PresenceChanged);
        }

        if (changed)
        {
            Bus?.Domain.Decoder.Refresh(this);
        }
    }

    // The link is up when there is a device, power, and nobody disabled it.
    private bool UpdateLink()
    {
        bool up = present
            && (!hasPowerController || (control & R.PowerOff) == 0)
            && (Config.GetUInt16(express + R.LinkControl) & R.LinkDisable) == 0;
        if (up == linkActive)
        {
            return false;
        }

        Volatile.Write(ref linkActive, up);
        Config.Change(
            express + R.LinkStatus, R.LinkStatusUp, up ? R.LinkStatusUp : (ushort)0);
        Config.Change(express + R.SlotStatus, 0, R.LinkChanged);
        return true;
    }

    private void Raise(ushort events)
    {
        Config.Change(express + R.SlotStatus, 0, events);
        DriveInterrupt();
    }

    private void UpdateInterrupt()
    {
        lock (slotGate)
        {
            DriveInterrupt();
        }
    }

    // Spec: PCIe 6.0, 6.7.3.4: a message when the condition becomes true, the pin as long as it is.
    private void DriveInterrupt()
    {
        ushort enabled = 0;
        enabled |= (control & R.EnableAttentionButton) != 0 ? R.AttentionPressed : (ushort)0;
        enabled |= (control & R.EnablePresenceChange) != 0 ? R.PresenceChanged : (ushort)0;
        enabled |= (control & R.EnableLinkChange) != 0 ? R.LinkChanged : (ushort)0;
        bool now = (control & R.EnableHotplugInterrupt) != 0
            && (Config.GetUInt16(express + R.SlotStatus) & enabled) != 0;
        bool message = now && !interrupting && msix.IsEnabled;
        interrupting = now;
        SetInterrupt(now && !msix.IsEnabled);
        if (message)
        {
            msix.Signal(0);
        }
    }

    private void Report(ushort before, ushort after)
    {
        if (IsLit(after) && !IsLit(before))
        {
            slotHost.OnEnabled(this);
        }

        if (IsReleased(after) && !IsReleased(before))
        {
            slotHost.OnReleased(this);
        }

        bool attention = (after & R.AttentionIndicatorMask) == R.AttentionIndicatorOn;
        if (attention && (before & R.AttentionIndicatorMask) != R.AttentionIndicatorOn)
        {
            slotHost.OnAttention(this);
        }
    }
}
