using System;
using System.Collections.Generic;
using System.Threading;
using R = Limber.Pci.ExpressRegisters;

namespace Limber.Pci;

/// <summary>
/// A PCIe root port with a hot-plug capable slot (PCIe 6.0, 6.7 and 7.5.3).
/// <code>
///            Insert                    power indicator on              RequestRemoval
///   empty -----------> occupied ---------------------------> in use -------------------> asked: the indicator blinks
///     ^   presence,                                            |                             |
///     |   link, event     power indicator off, unasked         |    power indicator off      |
///     |                +---------------------------------------+----------------------------+
///     |    Remove      v
///     +------------ released
///      presence, link, event
/// </code>
/// Slot capabilities: attention button, both indicators; commands complete at once and say so (no command completed
/// support). No surprise, no latch, no interlock. Presence and link change together, so a plug is one interrupt by which
/// Linux acts at once, also with an attention button; a request to remove is a press of that button, after which Linux waits
/// five seconds for a second thought. ACPI's eject request avoids them: docs/pci.md.
/// </summary>
/// <remarks>
/// Invariant: only the guest changes the slot control register, but for resets. So a guest that writes back an older value,
/// as it does when it starts its driver, changes nothing; only an indicator's change by the guest is a message.
/// Lock order: transaction gates, then <see cref="slotGate"/>; under it only the interrupt is driven, whose levels it orders.
/// Guest-controlled: slot control, link control, acknowledgement of events.
/// </remarks>
public sealed partial class PcieRootPort : PciBridge
{
    private const ulong MsixBarSize = 0x1000;
    private const uint PendingBitsOffset = 0x800;

    private readonly Lock slotGate = new();
    private readonly IPcieSlotHost slotHost;
    private readonly bool hasPowerController;
    private readonly int express;
    private readonly MsixCapability msix;
    private ushort control;
    private bool present;
    private bool linkActive;
    private bool removalRequested;
    private bool interrupting;

    /// <param name="options">What it is like.</param>
    /// <param name="host">Is told what the guest does with the slot.</param>
    public PcieRootPort(PcieRootPortOptions options, IPcieSlotHost host)
        : base(new PciIdentity(0x1B36, 0x000C, 0x060400, 0, 0, 0), Check(options).Name, secondaryDevices: 1)
    {
        ArgumentNullException.ThrowIfNull(host);
        slotHost = host;
        hasPowerController = options.HasPowerController;
        express = ExpressCapability.AddRootPort(Config, options);
        msix = AddMsix(1, bar: 0, tableOffset: 0, PendingBitsOffset);
        AddBar(0, PciBarKind.Memory32, MsixBarSize, new CompositeIoDevice(
            new CompositeIoDevice.Part(0, msix.TableLength, msix.Table),
            new CompositeIoDevice.Part(PendingBitsOffset, msix.PendingBitsLength, msix.PendingBits)));
        msix.Changed += UpdateInterrupt;
        UseInterruptPin();
        SetIdle();
    }

    /// <summary>There is a device in the slot.</summary>
    public bool IsOccupied => Volatile.Read(ref present);

    /// <summary>The guest was asked to release the device and has not done so.</summary>
    public bool IsRemovalRequested => Volatile.Read(ref removalRequested);

    private protected override bool IsOpen => Volatile.Read(ref linkActive);

    /// <summary>
    /// Puts a device into the slot. A guest that runs is told; before it runs, a reset makes the device one that was there
    /// at power-on.
    /// </summary>
    /// <param name="functions">Its functions by function number.</param>
    /// <exception cref="InvalidOperationException">The slot is occupied; nothing has changed.</exception>
    /// <exception cref="Interop.HostException">The host is out of what a function needs; nothing has changed.</exception>
    public void Insert(params IReadOnlyList<PciFunction> functions)
    {
        ArgumentNullException.ThrowIfNull(functions);
        if (IsOccupied)
        {
            throw new InvalidOperationException($"{Name} has a device in its slot already");
        }

        int number = functions.Count;
        try
        {
            while (--number >= 0)
            {
                SecondaryBus.Add(functions[number], 0, number);
            }
        }
        catch
        {
            while (++number < functions.Count)
            {
                SecondaryBus.Remove(functions[number]);
            }

            throw;
        }

        SetPresent(true);
    }

    /// <summary>
    /// Takes the device out of the slot, whether the guest has released it or not, and tells a guest that runs. When it
    /// has returned, the functions may be disposed.
    /// </summary>
    /// <returns>What was in the slot.</returns>
    public IReadOnlyList<PciFunction> Remove()
    {
        IReadOnlyList<PciFunction> functions = SecondaryBus.Functions;
        foreach (PciFunction function in functions)
        {
            SecondaryBus.Remove(function);
        }

        SetPresent(false);
        return functions;
    }

    /// <summary>Asks the guest to release the device.</summary>
    public PcieRemovalRequest RequestRemoval()
    {
        bool untouched = IsUntouched();
        lock (slotGate)
        {
            if (!present)
            {
                return PcieRemovalRequest.Empty;
            }

            if (IsReleased(control) && untouched)
            {
                return PcieRemovalRequest.AlreadyReleased;
            }

            if (removalRequested)
            {
                // A second press would take the first one back.
                return PcieRemovalRequest.Requested;
            }

            if ((control & R.PowerIndicatorMask) == R.PowerIndicatorBlink)
            {
                return PcieRemovalRequest.Busy;
            }

            removalRequested = true;
            Raise(R.AttentionPressed);
            return PcieRemovalRequest.Requested;
        }
    }

    /// <summary>
    /// Takes the request back: while the guest waits for a second thought it is told; later the guest's answer is a release
    /// that nobody asked for.
    /// </summary>
    public void CancelRemoval()
    {
        lock (slotGate)
        {
            if (!removalRequested)
            {
                return;
            }

            removalRequested = false;
            ushort status = Config.GetUInt16(express + R.SlotStatus);
            if ((status & R.AttentionPressed) != 0)
            {
                // The guest hasn't seen the press: as if it had not been.
                Config.Change(express + R.SlotStatus, R.AttentionPressed, 0);
                DriveInterrupt();
            }
            else if ((control & R.PowerIndicatorMask) == R.PowerIndicatorBlink)
            {
                Raise(R.AttentionPressed);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnReset()
    {
        base.OnReset();
        lock (slotGate)
        {
            removalRequested = false;
            SetIdle();
            DriveInterrupt();
        }
    }

    /// <inheritdoc/>
    protected override void OnConfigWritten(int offset, int length)
    {
        bool slot = Touches(offset, length, express + R.SlotControl, 4);
        bool link = Touches(offset, length, express + R.LinkControl, 2);
        if (!slot && !link)
        {
            return;
        }

        ushort before;
        ushort after;
        bool occupied;
        bool linkChanged;
        lock (slotGate)
        {
            before = control;
            control = Config.GetUInt16(express + R.SlotControl);
            after = control;
            occupied = present;
            linkChanged = UpdateLink();
            if (IsLit(after) && !IsLit(before))
            {
                // Lit again instead of dark: the guest keeps the device.
                removalRequested = false;
            }

            DriveInterrupt();
        }

        if (linkChanged)
        {
            Bus?.Domain.Decoder.Refresh(this);
        }

        if (occupied)
        {
            Report(before, after);
        }
    }

    private static PcieRootPortOptions Check(PcieRootPortOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.SlotNumber is >= 0 and <= R.MaximumSlotNumber
            ? options
            : throw new ArgumentOutOfRangeException(
                nameof(options), $"slot number {options.SlotNumber} of {options.Name} is not in 0..{R.MaximumSlotNumber}");
    }
}
