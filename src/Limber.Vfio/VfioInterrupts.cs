using System;
using System.Threading;
using Limber.Pci;

namespace Limber.Vfio;

/// <summary>
/// Keeps the host's interrupts in step with what the guest uses. The host allows one kind at a time.
/// <code>
///              MSI-X on                MSI on
///   pin  &lt;--------------->  MSI-X      &lt;------>  MSI       each step: disable the old kind, enable the new
/// </code>
/// </summary>
/// <remarks>
/// MSI-X vectors are signalled from the guest's first unmask on. Where the host can't add vectors to those that are enabled,
/// all are reserved when the guest turns MSI-X on, so that no interrupt is lost in a change later.
/// Thread: one at a time, by the function's host gate. Allocates nothing after construction but when the host refuses.
/// </remarks>
internal sealed class VfioInterrupts
{
    private readonly VfioDevice device;
    private readonly VfioMsi? msi;
    private readonly MsixCapability? msix;
    private readonly VfioIntx? intx;
    private readonly Action<string, int> refused;
    private readonly bool[] used;
    private readonly int[] events;
    private VfioInterruptKind? mode;
    private int enabledCount;

    /// <param name="device">The host's function.</param>
    /// <param name="msi">The guest's MSI, or null.</param>
    /// <param name="msix">The guest's MSI-X, or null.</param>
    /// <param name="intx">The pin, or null.</param>
    /// <param name="refused">Hears what the host refused and its error number.</param>
    public VfioInterrupts(VfioDevice device, VfioMsi? msi, MsixCapability? msix, VfioIntx? intx, Action<string, int> refused)
    {
        this.device = device;
        this.msi = msi;
        this.msix = msix;
        this.intx = intx;
        this.refused = refused;
        used = new bool[msix?.Count ?? 0];
        events = new int[Math.Max(used.Length, 32)];
    }

    /// <summary>The guest can get interrupts: between attach and detach.</summary>
    public bool IsRunning { get; set; }

    /// <summary>What is enabled in the host now.</summary>
    public VfioInterruptKind? Mode => mode;

    /// <summary>The guest changed what it uses, or the function came or goes.</summary>
    public void Update()
    {
        VfioInterruptKind? wanted = FindWanted();
        if (wanted == mode && (mode != VfioInterruptKind.Msi || enabledCount == msi?.EnabledCount))
        {
            return;
        }

        Disable();
        switch (wanted)
        {
            case VfioInterruptKind.Msix:
                EnableMsix();
                break;
            case VfioInterruptKind.Msi:
                EnableMsi();
                break;
            case VfioInterruptKind.Intx:
                events[0] = intx!.Event;
                Enable(VfioInterruptKind.Intx, 1);
                break;
        }
    }

    /// <summary>The guest unmasked an MSI-X vector.</summary>
    public void Use(int vector)
    {
        if (vector >= used.Length || used[vector])
        {
            return;
        }

        used[vector] = true;
        if (mode != VfioInterruptKind.Msix)
        {
            return;
        }

        // Beyond what the host reserved, it was refused and reported before.
        if (vector >= enabledCount && !device.GetInterrupts(VfioInterruptKind.Msix).CanGrow)
        {
            return;
        }

        events[0] = msix!.GetEvent(vector).Descriptor.Number;
        int result = device.SetEvents(VfioInterruptKind.Msix, vector, events.AsSpan(0, 1));
        if (result != 0)
        {
            refused($"MSI-X vector {vector} cannot be enabled", Math.Min(result, 0));
        }

        enabledCount = Math.Max(enabledCount, vector + 1);
    }

    /// <summary>The function is reset: the guest has not unmasked anything.</summary>
    public void Forget() => Array.Clear(used);

    private VfioInterruptKind? FindWanted()
    {
        if (!IsRunning)
        {
            return null;
        }

        if (msix?.IsEnabled == true)
        {
            return VfioInterruptKind.Msix;
        }

        return msi?.EnabledCount > 0 ? VfioInterruptKind.Msi : intx is null ? null : VfioInterruptKind.Intx;
    }

    private void EnableMsi()
    {
        int count = msi!.EnabledCount;
        for (int i = 0; i < count; i++)
        {
            events[i] = msi.GetEvent(i);
        }

        Enable(VfioInterruptKind.Msi, count);
    }

    private void EnableMsix()
    {
        int count = device.GetInterrupts(VfioInterruptKind.Msix).CanGrow ? Array.LastIndexOf(used, true) + 1 : used.Length;
        count = Math.Max(count, 1);
        for (int i = 0; i < count; i++)
        {
            events[i] = used[i] ? msix!.GetEvent(i).Descriptor.Number : VfioDevice.NoEvent;
        }

        Enable(VfioInterruptKind.Msix, count);
    }

    private void Enable(VfioInterruptKind kind, int count)
    {
        int result = device.SetEvents(kind, 0, events.AsSpan(0, count));
        if (result > 0 && result < count)
        {
            refused($"the host has {result} interrupts of kind {kind} of the {count} that are needed", 0);
            count = result;
            result = device.SetEvents(kind, 0, events.AsSpan(0, count));
        }

        mode = kind;
        enabledCount = result == 0 ? count : 0;
        if (result != 0)
        {
            refused($"{count} interrupts of kind {kind} cannot be enabled", Math.Min(result, 0));
        }
    }

    private void Disable()
    {
        if (mode is not { } kind)
        {
            return;
        }

        if (enabledCount != 0)
        {
            _ = device.Disable(kind);
        }

        mode = null;
        enabledCount = 0;
        if (kind == VfioInterruptKind.Intx)
        {
            _ = intx!.Acknowledge();
        }
    }
}
